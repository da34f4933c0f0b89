/** Kafka and PostgreSQL behind TLS and credentials. */
@NullMarked
package dev.pipelinetracker.secure;

import org.jspecify.annotations.NullMarked;
