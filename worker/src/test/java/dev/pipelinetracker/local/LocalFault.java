package dev.pipelinetracker.local;

/** Why the local mode cannot run, in words for whoever started it. */
final class LocalFault extends Exception {

    private static final long serialVersionUID = 1;

    LocalFault(String message) {
        super(message);
    }
}
