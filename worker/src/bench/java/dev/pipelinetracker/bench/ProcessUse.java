package dev.pipelinetracker.bench;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;

/** What processes have used, as Linux tells in {@code /proc}. */
final class ProcessUse {

    /** Linux counts in hundredths of a second wherever it is told to user space. */
    private static final double TICKS_PER_SECOND = 100;

    // fields of /proc/<pid>/stat after the name, which may hold blanks
    private static final int USER = 11;
    private static final int SYSTEM = 12;
    private static final int USER_OF_REAPED = 13;
    private static final int SYSTEM_OF_REAPED = 14;

    private ProcessUse() {}

    /** Seconds of CPU that a process, its descendants, and those of them that have ended took since they began. */
    static double cpuSeconds(long pid) {
        long ticks = ticks(pid);
        ticks += ProcessHandle.of(pid).stream()
                .flatMap(ProcessHandle::descendants)
                .mapToLong(child -> ticks(child.pid()))
                .sum();
        return ticks / TICKS_PER_SECOND;
    }

    /** Seconds of CPU that a process itself took. */
    static double ownCpuSeconds(long pid) {
        return (ticks(pid) - reapedTicks(pid)) / TICKS_PER_SECOND;
    }

    /** The largest resident memory that a process ever had, in MB; 0 where it is gone. */
    static long peakResidentMb(long pid) {
        return kilobytes(pid, "VmHWM:") / 1024;
    }

    /** Resident memory now, in MB; 0 where it is gone. */
    static long residentMb(long pid) {
        return kilobytes(pid, "VmRSS:") / 1024;
    }

    private static long kilobytes(long pid, String name) {
        return read(pid, "status")
                .lines()
                .filter(line -> line.startsWith(name))
                .mapToLong(line -> Long.parseLong(line.replaceAll("\\D+", "")))
                .findFirst()
                .orElse(0);
    }

    private static long ticks(long pid) {
        String[] fields = stat(pid);
        return fields.length == 0
                ? 0
                : Long.parseLong(fields[USER]) + Long.parseLong(fields[SYSTEM]) + reapedTicks(pid);
    }

    private static long reapedTicks(long pid) {
        String[] fields = stat(pid);
        return fields.length == 0
                ? 0
                : Long.parseLong(fields[USER_OF_REAPED]) + Long.parseLong(fields[SYSTEM_OF_REAPED]);
    }

    private static String[] stat(long pid) {
        String stat = read(pid, "stat");
        return stat.isEmpty()
                ? new String[0]
                : stat.substring(stat.lastIndexOf(')') + 2).split(" ", -1);
    }

    private static String read(long pid, String file) {
        try {
            return Files.readString(Path.of("/proc", Long.toString(pid), file));
        } catch (NoSuchFileException e) {
            return "";
        } catch (IOException e) {
            // ended between open and read
            if (ProcessHandle.of(pid).isEmpty()) {
                return "";
            }
            throw new UncheckedIOException(e);
        }
    }
}
