/**
 * Speed, measured beside the peers on one machine: {@code mvn -Pbench verify}. It measures and asserts nothing: figures of a
 * shared machine move by a quarter, so only ratios within one run say anything.
 */
@NullMarked
package dev.pipelinetracker.bench;

import org.jspecify.annotations.NullMarked;
