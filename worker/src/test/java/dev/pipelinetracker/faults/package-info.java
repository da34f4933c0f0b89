/**
 * The fault matrix: the worker as a process of its own beside a PostgreSQL and a broker of its own, which are killed,
 * frozen, starved and cut off while one {@link dev.pipelinetracker.faults.Ledger} accounts for every event. A short round
 * runs with the other tests; {@code mvn -Pchaos verify} runs random faults for as long as it is told to.
 */
@NullMarked
package dev.pipelinetracker.faults;

import org.jspecify.annotations.NullMarked;
