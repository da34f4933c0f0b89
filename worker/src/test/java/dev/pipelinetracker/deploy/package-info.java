/** What operators are handed, on a worker that runs. */
@NullMarked
package dev.pipelinetracker.deploy;

import org.jspecify.annotations.NullMarked;
