/** Erases an organization: its rows, and its dead letters as far as Kafka allows. Hides the SQL and the topics. */
@NullMarked
package dev.pipelinetracker.erasure;

import org.jspecify.annotations.NullMarked;
