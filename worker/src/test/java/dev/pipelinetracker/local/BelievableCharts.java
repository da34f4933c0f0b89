package dev.pipelinetracker.local;

import dev.pipelinetracker.events.Visualization;
import java.time.Instant;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.util.List;
import java.util.Map;
import java.util.random.RandomGenerator;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.json.JsonMapper;

/** Draws Plotly charts of demo sources: bars and pies by category, lines over days. */
final class BelievableCharts {

    private static final JsonMapper JSON = new JsonMapper();
    private static final int DAYS = 14;

    private final RandomGenerator random;

    BelievableCharts(RandomGenerator random) {
        this.random = random;
    }

    Visualization draw(DemoOrganization organization, DemoSource source, Instant generatedAt) {
        return switch (random.nextInt(3)) {
            case 0 -> bars(organization, source, generatedAt);
            case 1 -> line(organization, source, generatedAt);
            default -> pie(organization, source, generatedAt);
        };
    }

    private Visualization bars(DemoOrganization organization, DemoSource source, Instant generatedAt) {
        String title = source.measure() + " by " + source.category();
        Map<String, Object> trace = Map.of(
                "type", "bar",
                "name", source.name(),
                "x", source.categories(),
                "y", values(source.categories().size()),
                "marker", Map.of("color", "#3366cc"));
        Map<String, Object> layout = Map.of(
                "title", text(source.icon() + " " + title),
                "xaxis", Map.of("title", text(source.category())),
                "yaxis", Map.of("title", text(source.measure())));
        return chart(
                organization, source, "bar", title, source.category(), source.measure(), trace, layout, generatedAt);
    }

    private Visualization line(DemoOrganization organization, DemoSource source, Instant generatedAt) {
        String title = source.unit() + " per day";
        LocalDate today = LocalDate.ofInstant(generatedAt, ZoneOffset.UTC);
        List<String> days = IntStream.rangeClosed(1 - DAYS, 0)
                .mapToObj(day -> today.plusDays(day).toString())
                .toList();
        Map<String, Object> trace =
                Map.of("type", "scatter", "mode", "lines+markers", "name", source.name(), "x", days, "y", values(DAYS));
        Map<String, Object> layout = Map.of(
                "title", text(title), "xaxis", Map.of("type", "date"), "yaxis", Map.of("title", text(source.unit())));
        return chart(organization, source, "line", title, "day", source.unit(), trace, layout, generatedAt);
    }

    /** A pie has no axes: its columns are null, and null equals null in what identifies a chart. */
    private Visualization pie(DemoOrganization organization, DemoSource source, Instant generatedAt) {
        String title = "Share of " + source.unit() + " by " + source.category();
        Map<String, Object> trace = Map.of(
                "type",
                "pie",
                "hole",
                0.4,
                "labels",
                source.categories(),
                "values",
                values(source.categories().size()));
        Map<String, Object> layout = Map.of("title", text(title), "showlegend", true);
        return chart(organization, source, "pie", title, null, null, trace, layout, generatedAt);
    }

    private static Visualization chart(
            DemoOrganization organization,
            DemoSource source,
            String type,
            String title,
            @Nullable String x,
            @Nullable String y,
            Map<String, Object> trace,
            Map<String, Object> layout,
            Instant generatedAt) {
        return Visualization.newBuilder()
                .setOrgId(organization.id())
                .setSourceId(source.id())
                .setChartType(type)
                .setChartTitle(title)
                .setXColumn(x)
                .setYColumn(y)
                .setChartConfig(JSON.writeValueAsString(Map.of("data", List.of(trace), "layout", layout)))
                .setGeneratedAt(generatedAt)
                .build();
    }

    private static Map<String, Object> text(String text) {
        return Map.of("text", text);
    }

    private List<Double> values(int count) {
        return random.doubles(count, 100, 10_000)
                .mapToObj(value -> Math.round(value * 100) / 100.0)
                .toList();
    }
}
