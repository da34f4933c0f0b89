/** Tests of the package of the same name. */
@NullMarked
package dev.pipelinetracker.runs;

import org.jspecify.annotations.NullMarked;
