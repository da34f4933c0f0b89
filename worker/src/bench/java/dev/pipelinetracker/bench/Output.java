package dev.pipelinetracker.bench;

import dev.pipelinetracker.bench.Report.Goal;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.ToDoubleFunction;
import tools.jackson.databind.json.JsonMapper;

/** What is kept of a report: tables, all figures as JSON, and a plot. */
final class Output {

    private static final Path FOLDER = Path.of("target", "bench");

    private record Everything(
            Map<String, String> environment, List<Measured> drains, List<Report.Fact> facts, List<Goal> goals) {}

    private Output() {}

    /** Writes {@code report.md}, {@code report.json} and {@code report.svg} to {@code target/bench}, and prints the first. */
    static void write(Report report, Scale scale) {
        List<Goal> goals = Goals.of(report, scale);
        String tables = tables(report, goals);
        try {
            Files.createDirectories(FOLDER);
            Files.writeString(FOLDER.resolve("report.md"), tables);
            Files.write(
                    FOLDER.resolve("report.json"),
                    new JsonMapper()
                            .writerWithDefaultPrettyPrinter()
                            .writeValueAsBytes(
                                    new Everything(report.environment(), report.drains(), report.facts(), goals)));
            Files.writeString(FOLDER.resolve("report.svg"), Plot.of(report));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        System.out.println(tables);
        System.out.println("Written to worker/target/bench: report.md, report.json, report.svg");
    }

    private static String tables(Report report, List<Goal> goals) {
        StringBuilder text = new StringBuilder("\n");
        report.environment()
                .forEach((name, value) -> text.append("- ")
                        .append(name)
                        .append(": ")
                        .append(value)
                        .append('\n'));
        text.append(
                        "\n| load | who | events/s | us of CPU per event: it / PostgreSQL / broker | WAL, B/event | batch | peak RSS |\n")
                .append("| --- | --- | --- | --- | --- | --- | --- |\n");
        report.peersByLoad()
                .forEach((load, peers) -> peers.forEach(who -> text.append("| ")
                        .append(load)
                        .append(" | ")
                        .append(who)
                        .append(" | ")
                        .append(median(report, load, who, Measured::rate, "%,.0f"))
                        .append(" | ")
                        .append(median(report, load, who, Measured::peerCpu, "%.1f"))
                        .append(" / ")
                        .append(median(report, load, who, Measured::postgresCpu, "%.1f"))
                        .append(" / ")
                        .append(median(report, load, who, Measured::brokerCpu, "%.1f"))
                        .append(" | ")
                        .append(median(report, load, who, Measured::walBytes, "%,.0f"))
                        .append(" | ")
                        .append(median(report, load, who, Measured::batch, "%,.0f"))
                        .append(" | ")
                        .append(median(report, load, who, measured -> (double) measured.peakMb(), "%.0f MB"))
                        .append(" |\n")));
        text.append("\n| what | median | |\n| --- | --- | --- |\n");
        report.facts().stream()
                .map(fact -> fact.part() + ": " + fact.what() + " | "
                        + String.format(
                                Locale.ROOT,
                                "%,.2f",
                                report.fact(fact.part(), fact.what()).orElse(Double.NaN))
                        + " | " + fact.unit())
                .distinct()
                .forEach(line -> text.append("| ").append(line).append(" |\n"));
        text.append("\n| goal | reached | |\n| --- | --- | --- |\n");
        goals.forEach(goal -> text.append("| ")
                .append(goal.goal())
                .append(" | ")
                .append(goal.reached())
                .append(" | ")
                .append(goal.met() ? "met" : "**missed**")
                .append(" |\n"));
        return text.toString();
    }

    private static String median(
            Report report, String load, String who, ToDoubleFunction<Measured> figure, String format) {
        double median = report.median(load, who, figure).orElse(Double.NaN);
        return Double.isNaN(median) || (median == 0 && format.contains("MB"))
                ? "-"
                : String.format(Locale.ROOT, format, median);
    }
}
