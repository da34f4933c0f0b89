/** Tests of replays, on a real broker and a real PostgreSQL. */
@NullMarked
package dev.pipelinetracker.replay;

import org.jspecify.annotations.NullMarked;
