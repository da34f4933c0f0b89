/** The feed {@code pipeline-runs}: what identifies a row of {@code analytics_pipeline_history}, which event is newer, and its SQL. */
@NullMarked
package dev.pipelinetracker.runs;

import org.jspecify.annotations.NullMarked;
