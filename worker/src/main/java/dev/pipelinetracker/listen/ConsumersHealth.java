package dev.pipelinetracker.listen;

import java.util.List;
import org.springframework.boot.health.contributor.Health;
import org.springframework.boot.health.contributor.HealthIndicator;
import org.springframework.kafka.listener.ConcurrentMessageListenerContainer;

/** DOWN when a consumer's thread has died: only a restart brings it back. Part of liveness. */
final class ConsumersHealth implements HealthIndicator {

    private final FeedListeners listeners;
    private final List<ConcurrentMessageListenerContainer<byte[], byte[]>> containers;

    ConsumersHealth(
            FeedListeners listeners, List<ConcurrentMessageListenerContainer<byte[], byte[]>> containers) {
        this.listeners = listeners;
        this.containers = containers;
    }

    @Override
    public Health health() {
        if (!listeners.isListening()) {
            return Health.up().build();
        }
        List<String> dead = containers.stream()
                .filter(container -> !container.isChildRunning() || !container.isInExpectedState())
                .map(ConcurrentMessageListenerContainer::getBeanName)
                .toList();
        return dead.isEmpty()
                ? Health.up().build()
                : Health.down().withDetail("dead", dead).build();
    }
}
