/** The same tests on containers: only compiled with {@code -Pcontainers}. */
@NullMarked
package dev.pipelinetracker.containers;

import org.jspecify.annotations.NullMarked;
