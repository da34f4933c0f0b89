package dev.pipelinetracker.listen;

import static org.assertj.core.api.Assertions.assertThat;

import dev.pipelinetracker.support.RealBroker;
import dev.pipelinetracker.support.RunningWorker;
import java.util.Map;
import java.util.Set;
import org.apache.kafka.clients.admin.OffsetSpec;
import org.apache.kafka.common.IsolationLevel;
import org.apache.kafka.common.TopicPartition;
import org.junit.jupiter.api.Test;

class LogBoundsTest {

    @Test
    void aPartitionThatNobodyLeadsHidesNoOther() {
        String prefix = RunningWorker.createTopics(1);
        TopicPartition there = new TopicPartition(prefix + "insights", 0);
        TopicPartition leaderless = new TopicPartition(prefix + "insights", 9);
        RealBroker.send(there.topic(), new byte[0], new byte[0]);
        Set<TopicPartition> both = Set.of(there, leaderless);
        try (LogBounds bounds = new LogBounds(RealBroker.admin())) {
            assertThat(bounds.ask(both, OffsetSpec.latest(), IsolationLevel.READ_COMMITTED))
                    .isEqualTo(Map.of(there, 1L));
        }
    }
}
