package dev.pipelinetracker.replay;

import static org.assertj.core.api.Assertions.assertThatNoException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchRuntimeException;

import dev.pipelinetracker.support.RealPostgres;
import dev.pipelinetracker.support.RealPostgres.Database;
import java.io.PrintWriter;
import java.io.StringWriter;
import org.junit.jupiter.api.Test;

/** What PostgreSQL's answers are worth waiting for. */
class PatienceTest {

    private final Database database = RealPostgres.freshDatabase();

    @Test
    void whatPassesIsWaitedForAndWhatNeedsAPersonIsNot() {
        PrintWriter nobody = new PrintWriter(new StringWriter());
        try (StopSignal stop = StopSignal.installed()) {
            // so that it does not sleep
            stop.stop();
            for (String state : new String[] {"25006", "55000", "0A000", "57P01", "57014", "40001", "53300", "08006"}) {
                Patience patience = new Patience(new Operator(nobody, nobody, null, false), stop);
                assertThatNoException().as(state).isThrownBy(() -> patience.await(answer(state), "run it again"));
            }
            for (String state : new String[] {"42501", "42P01", "23505", "2200H", "28P01", "XX000"}) {
                Patience patience = new Patience(new Operator(nobody, nobody, null, false), stop);
                assertThatThrownBy(() -> patience.await(answer(state), "run it again"))
                        .as(state)
                        .isInstanceOf(FailedException.class)
                        .hasMessageContaining("run it again");
            }
        }
    }

    private RuntimeException answer(String state) {
        return catchRuntimeException(() -> database.sql()
                .sql("DO $$ BEGIN RAISE SQLSTATE '%s'; END $$".formatted(state))
                .update());
    }
}
