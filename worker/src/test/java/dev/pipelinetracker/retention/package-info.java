/** Retention on a real PostgreSQL. */
@NullMarked
package dev.pipelinetracker.retention;

import org.jspecify.annotations.NullMarked;
