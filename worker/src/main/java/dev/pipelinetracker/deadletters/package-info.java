/** Dead letters in an operator's hands: seen, driven through the engine again, or parked for good. */
@NullMarked
package dev.pipelinetracker.deadletters;

import org.jspecify.annotations.NullMarked;
