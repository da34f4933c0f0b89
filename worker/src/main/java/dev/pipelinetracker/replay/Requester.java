package dev.pipelinetracker.replay;

/** Who runs a command, for the audit. */
public final class Requester {

    private Requester() {}

    /** {@code user@host}; in Kubernetes the host is the pod. */
    public static String name() {
        String host = System.getenv("HOSTNAME");
        return System.getProperty("user.name", "unknown") + (host == null || host.isBlank() ? "" : "@" + host);
    }
}
