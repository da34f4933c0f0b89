/** Tests of the package of the same name. */
@NullMarked
package dev.pipelinetracker.visualizations;

import org.jspecify.annotations.NullMarked;
