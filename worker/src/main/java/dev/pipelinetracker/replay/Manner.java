package dev.pipelinetracker.replay;

/**
 * How a command is to go about it.
 *
 * @param speed at most so fast
 * @param dryRun whether to roll everything back
 * @param yes whether not to ask
 * @param acceptGap whether to go on without records that retention has deleted
 */
public record Manner(Speed speed, boolean dryRun, boolean yes, boolean acceptGap) {}
