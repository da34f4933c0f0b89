/** The publisher and the commands {@code publish} and {@code schemas}, on a real broker and registries. */
@NullMarked
package dev.pipelinetracker.publishing;

import org.jspecify.annotations.NullMarked;
