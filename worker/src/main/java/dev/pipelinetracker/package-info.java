/** The worker's entry points: the command line and the Spring application that it starts. */
@NullMarked
package dev.pipelinetracker;

import org.jspecify.annotations.NullMarked;
