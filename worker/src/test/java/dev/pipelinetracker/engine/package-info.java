/** Tests of the package of the same name. */
@NullMarked
package dev.pipelinetracker.engine;

import org.jspecify.annotations.NullMarked;
