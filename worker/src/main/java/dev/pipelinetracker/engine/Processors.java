package dev.pipelinetracker.engine;

import java.util.List;

/** One processor for each feed. */
public record Processors(List<Processor<?, ?>> all) {}
