package dev.pipelinetracker.listen;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.pipelinetracker.engine.WorldFault;
import dev.pipelinetracker.listen.Gap.Why;
import dev.pipelinetracker.support.RealPostgres;
import dev.pipelinetracker.support.RealPostgres.Database;
import java.util.concurrent.atomic.LongAdder;
import org.apache.kafka.common.TopicPartition;
import org.junit.jupiter.api.Test;

class GapsTest {

    private static final Gap GAP = new Gap(new TopicPartition("topic", 3), 10, 25, Why.DELETED);

    private final Database database = RealPostgres.freshDatabase();
    private final LongAdder lost = new LongAdder();
    private final Gaps gaps = new Gaps("feed", lost::add, database.dataSource());

    @Test
    void aGapThatCannotBeRecordedNowIsNotTakenForRecordedAndIsTriedAgain() {
        gaps.found(GAP);
        readOnly(true);
        assertThatThrownBy(gaps::record).isInstanceOf(WorldFault.class);
        assertThat(gaps.areRecorded()).isFalse();

        readOnly(false);
        gaps.record();

        assertThat(gaps.areRecorded()).isTrue();
        assertThat(recorded()).isOne();
        assertThat(lost.sum()).as("counted once").isEqualTo(15);
    }

    @Test
    void aGapThatMayNotBeRecordedHoldsUpNobodyAndIsRecordedOnceItMay() {
        gaps.found(GAP);
        database.sql().sql("ALTER TABLE tracker.offset_gaps RENAME TO away").update();
        gaps.record();
        assertThat(gaps.areRecorded()).isTrue();

        database.sql().sql("ALTER TABLE tracker.away RENAME TO offset_gaps").update();
        gaps.record();
        assertThat(recorded()).isOne();

        // from then on it is waited for again
        gaps.found(new Gap(GAP.partition(), 40, 50, Why.DELETED));
        assertThat(gaps.areRecorded()).isFalse();
    }

    private void readOnly(boolean readOnly) {
        RealPostgres.server()
                .sql("ALTER DATABASE %s SET default_transaction_read_only = %b".formatted(database.name(), readOnly))
                .update();
    }

    private long recorded() {
        return database.sql()
                .sql("SELECT count(*) FROM tracker.offset_gaps")
                .query(Long.class)
                .single();
    }
}
