package dev.pipelinetracker;

/** What every command's exit code means. */
final class ExitCode {

    /** For {@code --help}, as picocli has it. */
    static final String HEADING = "%nExit codes:%n";

    static final String DONE_MEANS = "0:done";
    static final String FAILED_MEANS = "1:failed or stopped; as the last lines say";
    static final String WRONG_USAGE_MEANS = "2:wrong usage";
    static final String REFUSED_MEANS = "3:refused for safety, nothing was changed";

    static final int DONE = 0;
    static final int FAILED = 1;
    static final int WRONG_USAGE = 2;
    static final int REFUSED = 3;

    private ExitCode() {}
}
