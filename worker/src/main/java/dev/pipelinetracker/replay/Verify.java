package dev.pipelinetracker.replay;

import java.util.Map;

/** Compares a plan's records with the tables, and writes nothing. */
final class Verify {

    private final Run run;
    private final Comparison comparison;
    private final Operator operator;

    Verify(Run run, Comparison comparison, Operator operator) {
        this.run = run;
        this.comparison = comparison;
        this.operator = operator;
    }

    /** Shows what it found; whether all was read and nothing is missing or stale. */
    boolean holds() {
        Run.Ending ending = run.with(comparison, new Tally());
        Tally tally = ending.tally();
        boolean holds = ending.finished() && comparison.missing() + comparison.stale() == 0;
        Map<String, Object> object = comparison.asMap();
        object.put("rejected", tally.rejected());
        object.put("skipped", tally.skipped());
        object.put("finished", ending.finished());
        object.put("holds", holds);
        operator.show(
                "verify",
                object,
                "%s: %s; %,d rejected, %,d left out by the filters"
                        .formatted(
                                holds
                                        ? "the tables hold it"
                                        : ending.finished() ? "the tables lack a part" : "stopped before its end",
                                comparison,
                                tally.rejected(),
                                tally.skipped()));
        if (ending.finished() && !holds) {
            operator.say("To mend it: the same command without `verify`, first with --dry-run");
        }
        return holds;
    }
}
