/**
 * From bytes to a checked event and back: Confluent's wire format, the schema registry behind it, strict decoding, and the
 * rules that an event's schema states. Knows Avro and HTTP; knows nothing of Kafka, Spring or a database.
 */
@NullMarked
package dev.pipelinetracker.wire;

import org.jspecify.annotations.NullMarked;
