/** Tests of the package of the same name. */
@NullMarked
package dev.pipelinetracker.insights;

import org.jspecify.annotations.NullMarked;
