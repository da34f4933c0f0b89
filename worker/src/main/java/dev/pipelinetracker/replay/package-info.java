/** The other driver of the engine: an operator's replay of a topic, beside live traffic and without a consumer group. */
@NullMarked
package dev.pipelinetracker.replay;

import org.jspecify.annotations.NullMarked;
