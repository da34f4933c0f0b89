package dev.pipelinetracker;

import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAPackage;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideOutsideOfPackages;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;
import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import dev.pipelinetracker.engine.Feed;
import java.util.List;
import org.junit.jupiter.api.Test;

/** The form that people need not watch. */
class ArchitectureTest {

    private static final JavaClasses CLASSES = new ClassFileImporter()
            .withImportOption(new ImportOption.DoNotIncludeTests())
            .importPackages("dev.pipelinetracker");

    private static final List<String> FEED_PACKAGES = CLASSES.stream()
            .filter(type -> type.isAssignableTo(Feed.class) && !type.isInterface())
            .map(type -> type.getPackageName())
            .toList();

    @Test
    void feedsAreFound() {
        assertThat(FEED_PACKAGES).hasSizeGreaterThan(2).doesNotHaveDuplicates();
    }

    @Test
    void theEngineKnowsNoFeedAndNobodyWhoDrivesIt() {
        noClasses()
                .that()
                .resideInAPackage("dev.pipelinetracker.engine")
                .should()
                .dependOnClassesThat(resideInAPackage("dev.pipelinetracker..")
                        .and(resideOutsideOfPackages("dev.pipelinetracker.engine", "dev.pipelinetracker.wire")))
                .check(CLASSES);
    }

    @Test
    void feedsDoNotKnowEachOther() {
        FEED_PACKAGES.forEach(feed -> noClasses()
                .that()
                .resideInAPackage(feed)
                .should()
                .dependOnClassesThat()
                .resideInAnyPackage(FEED_PACKAGES.stream()
                        .filter(other -> !other.equals(feed))
                        .toArray(String[]::new))
                .check(CLASSES));
    }

    @Test
    void packagesHaveNoCycles() {
        slices().matching("dev.pipelinetracker.(*)..")
                .namingSlices("$1")
                .should()
                .beFreeOfCycles()
                .check(CLASSES);
    }
}
