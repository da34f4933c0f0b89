package dev.pipelinetracker.publish;

/**
 * What became of a publisher's events so far.
 *
 * @param delivered acknowledged by all in-sync replicas
 * @param failed refused by the rules, by Kafka or by the registry, or given up
 * @param pending neither yet
 */
public record Deliveries(long delivered, long failed, long pending) {}
