/** Drives the engine from live topics: one listener container per feed, endless back-off, lag, health. */
@NullMarked
package dev.pipelinetracker.listen;

import org.jspecify.annotations.NullMarked;
