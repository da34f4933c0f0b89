/**
 * The local mode: one command that runs broker, database, registry and the worker on this machine, with believable events
 * going through. Start reading at {@link dev.pipelinetracker.local.Local}.
 */
@NullMarked
package dev.pipelinetracker.local;

import org.jspecify.annotations.NullMarked;
