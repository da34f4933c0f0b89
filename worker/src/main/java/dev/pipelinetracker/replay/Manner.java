package dev.pipelinetracker.replay;

/**
 * How a command is to go about it.
 *
 * @param rate at most so fast
 * @param yieldToLive whether to slow down while the live feed lags by more than {@code lagBound} records
 * @param dryRun whether to roll everything back
 * @param yes whether not to ask
 * @param acceptGap whether to go on without records that retention has deleted
 */
public record Manner(Rate rate, boolean yieldToLive, long lagBound, boolean dryRun, boolean yes, boolean acceptGap) {}
