/** Takes old history out of the database, beside live traffic. Off unless somebody runs the command. */
@NullMarked
package dev.pipelinetracker.retention;

import org.jspecify.annotations.NullMarked;
