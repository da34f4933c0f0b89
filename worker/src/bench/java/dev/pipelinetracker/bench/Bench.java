package dev.pipelinetracker.bench;

import dev.pipelinetracker.bench.Part.Context;
import dev.pipelinetracker.support.RealRegistry;
import dev.pipelinetracker.wire.RegistrySettings;
import java.net.URI;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** {@code mvn -Pbench verify}: measures, prints, writes. */
final class Bench {

    private static final long SEED = 42;

    private Bench() {}

    /** Its argument is {@code full}, {@code quick}, or names of parts, separated by commas, {@code quick} before them or not. */
    public static void main(String... args) {
        List<String> wanted = new ArrayList<>(List.of(args[0].split(",", -1)));
        Scale scale = wanted.remove("quick") ? Scale.QUICK : Scale.FULL;
        boolean full = wanted.remove("full");
        Map<String, Part> parts = parts();
        if (wanted.isEmpty() || full) {
            wanted.clear();
            wanted.addAll(parts.keySet());
        }
        if (!parts.keySet().containsAll(wanted)) {
            System.err.println("-Dbench= takes full, quick, or some of " + String.join(",", parts.keySet()));
            System.exit(2);
        }
        int exitCode = 0;
        try {
            measure(wanted, parts, scale);
        } catch (RuntimeException e) {
            e.printStackTrace();
            exitCode = 1;
        }
        // the peers' and the registry's threads are no daemons
        System.exit(exitCode);
    }

    private static void measure(List<String> wanted, Map<String, Part> parts, Scale scale) {
        Backlogs backlogs = new Backlogs(SEED, RegistrySettings.at(URI.create(RealRegistry.url())));
        Report report = new Report();
        try (Stage stage = new Stage(backlogs.organizations())) {
            Machine.describe(report.environment(), stage);
            Context context = new Context(stage, backlogs, scale, report);
            for (String name : wanted) {
                Part part = parts.get(name);
                if (part != null) {
                    System.out.println(name);
                    part.run(context);
                    Output.write(report, scale);
                }
            }
        }
    }

    private static Map<String, Part> parts() {
        Map<String, Part> parts = new LinkedHashMap<>();
        parts.put("runs", new DrainPart("pipeline-runs"));
        parts.put("charts", new DrainPart("visualizations"));
        parts.put("latency", new LatencyPart());
        parts.put("growth", new GrowthPart());
        parts.put("memory", new MemoryPart());
        parts.put("start", new StartPart());
        parts.put("fleet", new FleetPart());
        parts.put("micro", new MicroPart());
        return parts;
    }
}
