/** The feed {@code insights}: what identifies a row of {@code analytics_source_insights}, which event is newer, and its SQL. */
@NullMarked
package dev.pipelinetracker.insights;

import org.jspecify.annotations.NullMarked;
