package dev.pipelinetracker.engine;

import static org.assertj.core.api.Assertions.assertThat;

import dev.pipelinetracker.engine.LatestPerKey.Candidate;
import dev.pipelinetracker.engine.Outcome.Reason;
import dev.pipelinetracker.engine.Outcome.Rejected;
import dev.pipelinetracker.engine.Outcome.Stored;
import java.util.Comparator;
import java.util.List;
import org.junit.jupiter.api.Test;

class LatestPerKeyTest {

    /** A version, and a name to tell events of one version apart. */
    private record Event(int version, String name) {}

    private static final Rejected REFUSED = new Rejected(Reason.REFUSED_BY_DATABASE, "SQLState 23514");

    private final LatestPerKey<Event, String> fold = new LatestPerKey<>(Comparator.comparing(Event::version));

    @Test
    void keepsTheNewestByVersionNotByArrivalAndSortsByKey() {
        fold.offer(0, "b", new Event(2, "newest"));
        fold.offer(1, "a", new Event(1, "only"));
        fold.offer(2, "b", new Event(1, "older"));

        assertThat(fold.newest()).extracting(Candidate::index).containsExactly(1, 0);
    }

    @Test
    void keepsTheFirstToArriveOfOneVersion() {
        fold.offer(0, "a", new Event(1, "first"));
        fold.offer(1, "a", new Event(1, "second"));

        assertThat(fold.newest()).extracting(Candidate::index).containsExactly(0);
    }

    @Test
    void offersTheNextNewestOnceTheNewestIsRefused() {
        fold.offer(0, "a", new Event(1, "oldest"));
        fold.offer(1, "a", new Event(3, "newest"));
        fold.offer(2, "a", new Event(2, "next"));
        fold.offer(3, "b", new Event(1, "neighbour"));
        Outcome[] outcomes = new Outcome[4];

        fold.settle(fold.newest(), List.of(REFUSED, Stored.INSERTED), outcomes);

        assertThat(outcomes).containsExactly(null, REFUSED, null, Stored.INSERTED);
        assertThat(fold.newest()).extracting(Candidate::index).containsExactly(2);

        fold.settle(fold.newest(), List.of(Stored.UPDATED), outcomes);

        assertThat(outcomes).containsExactly(Stored.UNCHANGED, REFUSED, Stored.UPDATED, Stored.INSERTED);
        assertThat(fold.isEmpty()).isTrue();
    }

    @Test
    void offersNoOtherEventOfAnOrganizationThatIsUnknown() {
        Rejected unknown = new Rejected(Reason.UNKNOWN_ORG, "org_id: no such organization");
        fold.offer(0, "a", new Event(1, "older"));
        fold.offer(1, "a", new Event(2, "newest"));
        Outcome[] outcomes = new Outcome[2];

        fold.settle(fold.newest(), List.of(unknown), outcomes);

        assertThat(outcomes).containsExactly(unknown, unknown);
        assertThat(fold.isEmpty()).isTrue();
    }

    @Test
    void takesTheOthersOfAKeyAsOvertakenWhateverTheNewestCameTo() {
        fold.offer(0, "a", new Event(2, "newest"));
        fold.offer(1, "a", new Event(2, "the same again"));
        Outcome[] outcomes = new Outcome[2];

        fold.settle(fold.newest(), List.of(Stored.UNCHANGED), outcomes);

        assertThat(outcomes).containsOnly(Stored.UNCHANGED);
        assertThat(fold.isEmpty()).isTrue();
    }
}
