package dev.pipelinetracker.bench;

/** Something that is measured apart from the rest. */
interface Part {

    void run(Context context);

    /** What parts share. */
    record Context(Stage stage, Backlogs backlogs, Scale scale, Report report) {}
}
