/** What the commands {@code publish} and {@code schemas} do: events from JSON lines, and schemas kept compatible. */
@NullMarked
package dev.pipelinetracker.publishing;

import org.jspecify.annotations.NullMarked;
