@NullMarked
package dev.pipelinetracker.erasure;

import org.jspecify.annotations.NullMarked;
