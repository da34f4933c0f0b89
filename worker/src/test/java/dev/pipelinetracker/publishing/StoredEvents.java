package dev.pipelinetracker.publishing;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.pipelinetracker.publish.EventFeed;
import dev.pipelinetracker.support.RealPostgres.Database;
import java.sql.ResultSet;
import java.sql.ResultSetMetaData;
import java.sql.SQLException;
import java.sql.Types;
import java.time.Instant;
import java.time.LocalDateTime;
import java.time.ZoneOffset;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.UUID;
import org.apache.avro.Schema;
import org.apache.avro.specific.SpecificRecord;
import org.jspecify.annotations.Nullable;

/** The rows that events became, and those that they should have become, in one form: column to value. */
final class StoredEvents {

    private static final ObjectMapper JSON =
            new ObjectMapper().enable(DeserializationFeature.USE_BIG_DECIMAL_FOR_FLOATS);
    private static final Map<EventFeed, String> TABLES = Map.of(
            EventFeed.PIPELINE_RUNS, "analytics_pipeline_history",
            EventFeed.INSIGHTS, "analytics_source_insights",
            EventFeed.VISUALIZATIONS, "analytics_visualizations");

    private StoredEvents() {}

    /** By what identifies the row beside its organization. */
    static Map<String, Map<String, Object>> of(Database database, EventFeed feed, UUID organization) {
        Map<String, Map<String, Object>> rows = new TreeMap<>();
        database.sql()
                .sql("SELECT * FROM " + TABLES.get(feed) + " WHERE org_id = ?")
                .param(organization)
                .query(row -> {
                    Map<String, Object> columns = columns(row);
                    rows.put(identity(feed, columns), columns);
                });
        return rows;
    }

    private static Map<String, Object> columns(ResultSet row) throws SQLException {
        Map<String, Object> columns = new TreeMap<>();
        ResultSetMetaData definition = row.getMetaData();
        for (int i = 1; i <= definition.getColumnCount(); i++) {
            // a java.sql.Timestamp would move what lies in an hour that the JVM's zone skips
            Object value = definition.getColumnType(i) == Types.TIMESTAMP
                    ? row.getObject(i, LocalDateTime.class)
                    : row.getObject(i);
            columns.put(definition.getColumnName(i), comparable(value));
        }
        columns.remove("id");
        columns.remove("created_at");
        return columns;
    }

    /** What should be stored of these. */
    static Map<String, Map<String, Object>> expected(EventFeed feed, List<SpecificRecord> events) {
        Map<String, Map<String, Object>> rows = new TreeMap<>();
        for (SpecificRecord event : events) {
            Map<String, Object> columns = new TreeMap<>();
            for (Schema.Field field : event.getSchema().getFields()) {
                Object value = event.get(field.pos());
                columns.put(
                        field.name(), field.name().equals("chart_config") ? json((String) value) : comparable(value));
            }
            rows.put(identity(feed, columns), columns);
        }
        return rows;
    }

    private static String identity(EventFeed feed, Map<String, Object> columns) {
        return String.valueOf(columns.get(feed == EventFeed.PIPELINE_RUNS ? "pipeline_id" : "source_id"));
    }

    private static Object comparable(@Nullable Object value) {
        if (value == null) {
            return "NULL";
        }
        if (value instanceof Instant moment) {
            return LocalDateTime.ofInstant(moment, ZoneOffset.UTC);
        }
        if (value instanceof Integer number) {
            return number.longValue();
        }
        if (value instanceof List<?> texts) {
            return JSON.valueToTree(texts);
        }
        if (value instanceof Enum<?> symbol) {
            return symbol.name().equals("etl_rag") ? "etl+rag" : symbol.name();
        }
        return value.getClass().getSimpleName().equals("PGobject") ? json(value.toString()) : value;
    }

    private static JsonNode json(String text) {
        try {
            return JSON.readTree(text);
        } catch (JsonProcessingException e) {
            throw new IllegalArgumentException(e);
        }
    }
}
