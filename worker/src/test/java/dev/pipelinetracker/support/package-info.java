/** Real parts for the tests. */
@NullMarked
package dev.pipelinetracker.support;

import org.jspecify.annotations.NullMarked;
