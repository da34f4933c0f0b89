/**
 * For ETL jobs: publishes runs, insights and charts to Kafka, checked, confirmed, and without ever breaking the job unless
 * asked to. Start at {@link dev.pipelinetracker.publish.Publisher}. Knows the wire format and kafka-clients; no Spring.
 */
@NullMarked
package dev.pipelinetracker.publish;

import org.jspecify.annotations.NullMarked;
