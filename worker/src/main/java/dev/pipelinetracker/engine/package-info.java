/**
 * The way of an event, for any feed: bytes to event, newest per key, one statement, dead letters. Start with
 * {@link dev.pipelinetracker.engine.Processor}. Knows no feed, and neither the listener nor a replay that drives it.
 */
@NullMarked
package dev.pipelinetracker.engine;

import org.jspecify.annotations.NullMarked;
