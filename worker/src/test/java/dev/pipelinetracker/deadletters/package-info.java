/** Tests of what operators do with dead letters. */
@NullMarked
package dev.pipelinetracker.deadletters;

import org.jspecify.annotations.NullMarked;
