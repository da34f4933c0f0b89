/** The database: its migrations, its pool's rules, its gauges. */
@NullMarked
package dev.pipelinetracker.database;

import org.jspecify.annotations.NullMarked;
