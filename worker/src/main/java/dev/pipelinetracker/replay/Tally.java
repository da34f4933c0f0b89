package dev.pipelinetracker.replay;

import dev.pipelinetracker.engine.Outcome;
import dev.pipelinetracker.engine.Outcome.Reason;
import dev.pipelinetracker.engine.Outcome.Rejected;
import dev.pipelinetracker.engine.Outcome.Stored;
import java.util.EnumMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Counts of records by what became of them; not safe for several threads. */
public final class Tally {

    private final Map<Stored, Long> stored = new EnumMap<>(Stored.class);
    private final Map<Reason, Long> rejected = new EnumMap<>(Reason.class);
    private long skipped;

    /** All at zero. */
    public Tally() {}

    /** A copy. */
    public Tally(Tally other) {
        stored.putAll(other.stored);
        rejected.putAll(other.rejected);
        skipped = other.skipped;
    }

    /** Counts records that were left out, by filters or because another has dealt with them. */
    public void skip(long records) {
        skipped += records;
    }

    /** Counts outcomes. */
    public void add(List<Outcome> outcomes) {
        outcomes.forEach(outcome -> {
            if (outcome instanceof Rejected why) {
                add(why.reason(), 1);
            } else {
                add((Stored) outcome, 1);
            }
        });
    }

    void add(Stored outcome, long records) {
        stored.merge(outcome, records, Long::sum);
    }

    void add(Reason reason, long records) {
        rejected.merge(reason, records, Long::sum);
    }

    /** Records with that outcome. */
    public long of(Stored outcome) {
        return stored.getOrDefault(outcome, 0L);
    }

    /** Records left out. */
    public long skipped() {
        return skipped;
    }

    /** Rejected records by the reason's label, those at zero left out. */
    public Map<String, Long> rejections() {
        Map<String, Long> labelled = new LinkedHashMap<>();
        rejected.forEach((reason, records) -> labelled.put(reason.label(), records));
        return labelled;
    }

    /** Rejected records. */
    public long rejected() {
        return rejected.values().stream().mapToLong(Long::longValue).sum();
    }

    /** Records that were rejected for what the database holds: with another state of it they would have a row. */
    long rejectedByDatabase() {
        return rejected.getOrDefault(Reason.UNKNOWN_ORG, 0L) + rejected.getOrDefault(Reason.REFUSED_BY_DATABASE, 0L);
    }

    /** All records read. */
    public long records() {
        return skipped
                + rejected()
                + stored.values().stream().mapToLong(Long::longValue).sum();
    }

    /** By name, for machines. */
    public Map<String, Object> asMap() {
        Map<String, Object> map = new LinkedHashMap<>();
        map.put("records", records());
        map.put("skipped", skipped);
        map.put("inserted", of(Stored.INSERTED));
        map.put("updated", of(Stored.UPDATED));
        map.put("unchanged", of(Stored.UNCHANGED));
        map.put("rejected", rejected());
        map.put("rejections", rejections());
        return map;
    }

    /** For people. */
    @Override
    public String toString() {
        return "%,d inserted, %,d updated, %,d unchanged, %,d rejected%s%s"
                .formatted(
                        of(Stored.INSERTED),
                        of(Stored.UPDATED),
                        of(Stored.UNCHANGED),
                        rejected(),
                        rejected.isEmpty() ? "" : " " + rejections(),
                        skipped == 0 ? "" : ", %,d left out".formatted(skipped));
    }
}
