package dev.pipelinetracker.engine;

import static org.assertj.core.api.Assertions.assertThat;

import dev.pipelinetracker.engine.LatestPerKey.Candidate;
import java.util.Comparator;
import org.junit.jupiter.api.Test;

class LatestPerKeyTest {

    /** A version, and a name to tell events of one version apart. */
    private record Event(int version, String name) {}

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
    void offersTheNextNewestOnceTheNewestIsTaken() {
        fold.offer(0, "a", new Event(1, "oldest"));
        fold.offer(1, "a", new Event(3, "newest"));
        fold.offer(2, "a", new Event(2, "next"));

        fold.take(fold.newest().get(0));

        assertThat(fold.newest()).extracting(Candidate::index).containsExactly(2);
        assertThat(fold.takeAll("a")).extracting(Candidate::index).containsExactlyInAnyOrder(0, 2);
        assertThat(fold.isEmpty()).isTrue();
    }

    @Test
    void takingTheOnlyCandidateEmptiesIt() {
        fold.offer(0, "a", new Event(1, "only"));

        fold.take(fold.newest().get(0));

        assertThat(fold.isEmpty()).isTrue();
    }
}
