/** Tests of the worker as a whole, and of its form. */
@NullMarked
package dev.pipelinetracker;

import org.jspecify.annotations.NullMarked;
