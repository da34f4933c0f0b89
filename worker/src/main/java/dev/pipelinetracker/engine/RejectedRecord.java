package dev.pipelinetracker.engine;

import dev.pipelinetracker.engine.Outcome.Rejected;
import org.apache.kafka.clients.consumer.ConsumerRecord;

/** A record as it was polled, and why it was rejected. */
public record RejectedRecord(ConsumerRecord<byte[], byte[]> polled, Rejected why) {}
