/** What operators are handed, checked by the tools that will read it. */
@NullMarked
package dev.pipelinetracker.deploy;

import org.jspecify.annotations.NullMarked;
