package dev.pipelinetracker.faults;

import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption.Predefined;
import java.util.Arrays;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** Every row of the matrix that belongs to ingest names its test. */
class MatrixTest {

    private static final IntStream OF_INGEST = IntStream.concat(IntStream.rangeClosed(1, 26), IntStream.of(31, 32));

    @Test
    void everyRowOfIngestHasATest() {
        Set<Integer> named = new TreeSet<>();
        new ClassFileImporter()
                .withImportOption(Predefined.ONLY_INCLUDE_TESTS)
                .importPackages("dev.pipelinetracker")
                .forEach(tests -> tests.getMethods().stream()
                        .filter(method -> method.isAnnotatedWith(Test.class)
                                || method.isMetaAnnotatedWith("org.junit.platform.commons.annotation.Testable"))
                        .filter(method -> method.isAnnotatedWith(MatrixRow.class))
                        .forEach(method -> Arrays.stream(method.getAnnotationOfType(MatrixRow.class)
                                        .value())
                                .forEach(named::add)));
        assertThat(named).containsAll(OF_INGEST.boxed().collect(Collectors.toSet()));
    }
}
