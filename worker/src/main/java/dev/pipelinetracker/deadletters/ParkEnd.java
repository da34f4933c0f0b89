package dev.pipelinetracker.deadletters;

import dev.pipelinetracker.replay.Operator;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * Tells how parking ended.
 *
 * @param topic where parked letters go
 */
record ParkEnd(String feed, String topic, boolean dryRun, TooLarge tooLarge, Operator operator) {

    /** Of so many letters; whether all were parked: it came to its end, and none stays open for its size. */
    boolean tell(long letters, boolean finished) {
        boolean all = finished && tooLarge.letters() == 0;
        Map<String, Object> object = new LinkedHashMap<>();
        object.put("feed", feed);
        object.put("status", all ? "done" : finished ? "failed" : "stopped");
        object.put("dry_run", dryRun);
        object.put("topic", topic);
        object.put("letters", letters);
        object.put("too_large", tooLarge.letters());
        operator.show(
                "end", object, "%,d dead letters for %s: %s%s".formatted(letters, topic, text(finished), tooLarge));
        return all;
    }

    private String text(boolean finished) {
        if (dryRun) {
            return "dry run, nothing was changed";
        }
        return finished ? "parked" : "stopped; run the same command again to park the rest";
    }
}
