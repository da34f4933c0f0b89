package dev.pipelinetracker.replay;

import java.util.LinkedHashMap;
import java.util.Map;

/** Compares a plan's records with the tables, and writes nothing. */
final class Verify {

    private final String feed;
    private final Run run;
    private final Comparison comparison;
    private final boolean acceptRejected;
    private final Operator operator;

    /** @param acceptRejected whether tables can hold it that lack what is rejected */
    Verify(String feed, Run run, Comparison comparison, boolean acceptRejected, Operator operator) {
        this.feed = feed;
        this.run = run;
        this.comparison = comparison;
        this.acceptRejected = acceptRejected;
        this.operator = operator;
    }

    /** Shows what it found; whether all was read and nothing is missing, stale or, unless that is accepted, rejected by the database. */
    boolean holds() {
        Run.Ending ending = run.with(comparison, new Tally());
        Tally tally = ending.tally();
        boolean lacks = comparison.missing() + comparison.stale() > 0;
        boolean holds = ending.finished() && !lacks && (acceptRejected || tally.rejectedByDatabase() == 0);
        Map<String, Object> object = new LinkedHashMap<>();
        object.put("feed", feed);
        object.put("status", ending.finished() ? "done" : "stopped");
        object.putAll(comparison.asMap());
        object.put("rejected", tally.rejected());
        object.put("rejections", tally.rejections());
        object.put("skipped", tally.skipped());
        object.put("finished", ending.finished());
        object.put("holds", holds);
        operator.show(
                "end",
                object,
                "%s: %s; %,d rejected%s, %,d left out by the filters"
                        .formatted(
                                holds
                                        ? "the tables hold it"
                                        : ending.finished() ? "the tables lack a part" : "stopped before its end",
                                comparison,
                                tally.rejected(),
                                tally.rejected() == 0 ? "" : " " + tally.rejections(),
                                tally.skipped()));
        if (tally.rejectedByDatabase() > 0 && !acceptRejected) {
            operator.say(
                    "What the database rejects now has no row, and no dead letter unless it was rejected when it was first consumed: compare with `dead-letters list`. If that is as it should be: --accept-rejected");
        }
        if (ending.finished() && lacks) {
            operator.say("To mend it: the same command without `verify`, first with --dry-run");
        }
        return holds;
    }
}
