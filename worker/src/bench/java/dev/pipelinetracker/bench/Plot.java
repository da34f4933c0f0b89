package dev.pipelinetracker.bench;

import java.util.List;
import java.util.Locale;
import java.util.Map;

/** Bars, one per peer and load: how many events a second, and whose CPU they cost. */
final class Plot {

    private static final int LABELS = 210;
    private static final int BARS = 300;
    private static final int GAP = 80;
    private static final int ROW = 20;
    private static final int TITLE = 44;
    private static final List<String> COLOURS = List.of("#2a78d6", "#9aa3ab", "#d9b36c");

    private final StringBuilder svg = new StringBuilder();
    private int y = TITLE;

    private Plot() {}

    /** As SVG. */
    static String of(Report report) {
        Plot plot = new Plot();
        report.peersByLoad().entrySet().stream()
                .filter(load -> load.getValue().size() > 1)
                .forEach(load -> plot.load(report, load));
        int width = LABELS + 2 * BARS + 2 * GAP;
        return """
                <svg xmlns="http://www.w3.org/2000/svg" width="%d" height="%d" viewBox="0 0 %d %d" font-family="sans-serif" font-size="12">
                <rect width="100%%" height="100%%" fill="#ffffff"/>
                %s%s%s</svg>
                """.formatted(
                width, plot.y, width, plot.y, text(LABELS, 22, "events per second", "start", true), legend(), plot.svg);
    }

    private void load(Report report, Map.Entry<String, List<String>> load) {
        double fastest = load.getValue().stream()
                .mapToDouble(
                        who -> report.median(load.getKey(), who, Measured::rate).orElse(0))
                .max()
                .orElse(1);
        double costliest = 0;
        for (String who : load.getValue()) {
            // one row at a time would leave nothing to see of the others
            if (!who.startsWith("one row")) {
                costliest = Math.max(
                        costliest,
                        cpu(report, load.getKey(), who).stream()
                                .mapToDouble(d -> d)
                                .sum());
            }
        }
        svg.append(text(8, y + 14, load.getKey(), "start", true));
        y += ROW;
        for (String who : load.getValue()) {
            bars(report, load.getKey(), who, fastest, costliest);
            y += ROW;
        }
        y += ROW / 2;
    }

    private void bars(Report report, String load, String who, double fastest, double costliest) {
        svg.append(text(LABELS - 8, y + 14, who, "end", who.equals("worker")));
        double rate = report.median(load, who, Measured::rate).orElse(0);
        String colour = who.equals("worker") ? "#2a78d6" : "#b8c4ce";
        double length = rate / fastest * BARS;
        svg.append(bar(LABELS, length, colour));
        svg.append(text(LABELS + length + 5, y + 14, String.format(Locale.ROOT, "%,.0f", rate), "start", false));

        double x = LABELS + BARS + GAP;
        List<Double> parts = cpu(report, load, who);
        double sum = parts.stream().mapToDouble(d -> d).sum();
        double scale = BARS / Math.max(costliest, sum);
        for (int i = 0; i < parts.size(); i++) {
            svg.append(bar(x, parts.get(i) * scale, COLOURS.get(i)));
            x += parts.get(i) * scale;
        }
        String cut = sum > costliest ? " (not to scale)" : "";
        svg.append(text(x + 5, y + 14, String.format(Locale.ROOT, "%.0f%s", sum, cut), "start", false));
    }

    private static List<Double> cpu(Report report, String load, String who) {
        return List.of(
                report.median(load, who, Measured::peerCpu).orElse(0),
                report.median(load, who, Measured::postgresCpu).orElse(0),
                report.median(load, who, Measured::brokerCpu).orElse(0));
    }

    private static String legend() {
        int x = LABELS + BARS + GAP;
        StringBuilder legend = new StringBuilder(text(x, 22, "CPU per event, us:", "start", true));
        List<String> names = List.of("itself", "PostgreSQL", "broker");
        for (int i = 0; i < names.size(); i++) {
            int at = x + 118 + i * 76 - (i == 1 ? 20 : 0);
            legend.append("<rect x=\"%d\" y=\"12\" width=\"10\" height=\"11\" fill=\"%s\"/>%n"
                            .formatted(at, COLOURS.get(i)))
                    .append(text(at + 14, 22, names.get(i), "start", false));
        }
        return legend.toString();
    }

    private String bar(double x, double width, String colour) {
        return String.format(
                Locale.ROOT,
                "<rect x=\"%.1f\" y=\"%d\" width=\"%.1f\" height=\"%d\" fill=\"%s\"/>%n",
                x,
                y + 3,
                Math.max(width, 0.5),
                ROW - 5,
                colour);
    }

    private static String text(double x, int y, String text, String anchor, boolean bold) {
        return String.format(
                Locale.ROOT,
                "<text x=\"%.1f\" y=\"%d\" text-anchor=\"%s\" fill=\"#1f2328\"%s>%s</text>%n",
                x,
                y,
                anchor,
                bold ? " font-weight=\"bold\"" : "",
                text.replace("&", "&amp;").replace("<", "&lt;"));
    }
}
