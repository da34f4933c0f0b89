package dev.pipelinetracker.replay;

/**
 * How fast a command may go.
 *
 * @param rate at most so fast
 * @param yieldToLive whether to make way for live traffic
 * @param lagBound the live feed's lag in records beyond which to slow down
 */
public record Speed(Rate rate, boolean yieldToLive, long lagBound) {}
