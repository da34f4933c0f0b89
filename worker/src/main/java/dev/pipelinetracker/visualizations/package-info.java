/** The feed {@code visualizations}: what identifies a row of {@code analytics_visualizations}, which event is newer, and its SQL. */
@NullMarked
package dev.pipelinetracker.visualizations;

import org.jspecify.annotations.NullMarked;
