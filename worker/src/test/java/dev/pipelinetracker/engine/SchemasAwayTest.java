package dev.pipelinetracker.engine;

import static org.assertj.core.api.Assertions.assertThat;

import dev.pipelinetracker.engine.WorldFault.Cause;
import java.nio.ByteBuffer;
import java.time.Duration;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.junit.jupiter.api.Test;

class SchemasAwayTest {

    private static final ConsumerRecord<byte[], byte[]> AWAY = written(1);
    private static final ConsumerRecord<byte[], byte[]> KNOWN = written(2);
    private static final ConsumerRecord<byte[], byte[]> OTHER = written(3);

    @Test
    void whileThereIsTimeOnlyWhatIsAwayIsNotAskedForAgain() {
        SchemasAway away = oneIsAway(Duration.ofHours(1));
        assertThat(away.concerns(AWAY)).isTrue();
        assertThat(away.concerns(KNOWN)).isFalse();
        assertThat(away.concerns(OTHER)).isFalse();
    }

    @Test
    void whatNeedsNoAskingIsReadHoweverLongTheAskingTook() {
        SchemasAway away = oneIsAway(Duration.ofNanos(-1));
        assertThat(away.concerns(KNOWN)).isFalse();
        assertThat(away.concerns(OTHER)).isTrue();
    }

    private static SchemasAway oneIsAway(Duration patience) {
        SchemasAway away = new SchemasAway(patience, KNOWN::equals);
        away.add(AWAY, new WorldFault(Cause.REGISTRY, "away", new IllegalStateException()));
        return away;
    }

    private static ConsumerRecord<byte[], byte[]> written(int schemaId) {
        byte[] value = ByteBuffer.allocate(6).put((byte) 0).putInt(schemaId).array();
        return new ConsumerRecord<>("topic", 0, schemaId, new byte[0], value);
    }
}
