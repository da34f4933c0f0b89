package dev.pipelinetracker.faults;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;

/** Every row of the matrix that belongs to ingest names its test. */
class MatrixTest {

    // the listeners' own test: deleted offsets are counted and told
    private static final List<Integer> ELSEWHERE = List.of(31);

    private static final List<Class<?>> TESTS = List.of(
            CrashTest.class,
            DatabaseFaultsTest.class,
            SqlStatesTest.class,
            BrokerFaultsTest.class,
            RegistryFaultsTest.class,
            HostileInputTest.class,
            FairnessTest.class);

    @Test
    void everyRowOfIngestHasATest() {
        Set<Integer> named = new TreeSet<>(ELSEWHERE);
        TESTS.stream()
                .flatMap(tests -> Arrays.stream(tests.getDeclaredMethods()))
                .map(method -> method.getAnnotation(MatrixRow.class))
                .filter(row -> row != null)
                .forEach(row -> Arrays.stream(row.value()).forEach(named::add));
        Set<Integer> wanted = new TreeSet<>(List.of(31, 32));
        for (int row = 1; row <= 26; row++) {
            wanted.add(row);
        }
        assertThat(named).isEqualTo(wanted);
    }
}
