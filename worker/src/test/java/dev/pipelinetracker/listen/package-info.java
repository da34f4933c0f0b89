/** Tests of the package of the same name. */
@NullMarked
package dev.pipelinetracker.listen;

import org.jspecify.annotations.NullMarked;
