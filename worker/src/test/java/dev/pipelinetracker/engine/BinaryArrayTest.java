package dev.pipelinetracker.engine;

import static org.assertj.core.api.Assertions.assertThat;

import dev.pipelinetracker.engine.Upsert.Column;
import dev.pipelinetracker.support.RealPostgres;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.UUID;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** PostgreSQL reads from the binary form what was put in. */
class BinaryArrayTest {

    private static final RealPostgres.Database DATABASE = RealPostgres.emptyDatabase();

    @ParameterizedTest
    @EnumSource
    void everyValueArrivesAsItWas(ColumnType type) throws SQLException {
        List<@Nullable Object> values = new ArrayList<>();
        List<@Nullable String> asText = new ArrayList<>();
        switch (type) {
            case UUID -> {
                values.addAll(List.of(new UUID(0, 0), UUID.fromString("fedcba98-7654-4321-8fed-cba987654321")));
                asText.addAll(List.of("00000000-0000-0000-0000-000000000000", "fedcba98-7654-4321-8fed-cba987654321"));
            }
            case TEXT -> {
                List<String> texts = List.of("", "NULL", "{\"a\": \"b\\\\\"}, 'c'", "ü😀\t\n", "x".repeat(100_000));
                values.addAll(texts);
                asText.addAll(texts);
            }
            case INT4 -> {
                values.addAll(List.of(0L, 2147483647L, -2147483648L));
                asText.addAll(List.of("0", "2147483647", "-2147483648"));
            }
            case FLOAT8 -> {
                values.addAll(List.of(0.1, -0.0, Double.MIN_VALUE, Double.MAX_VALUE));
                asText.addAll(List.of("0.1", "-0", "5e-324", "1.7976931348623157e+308"));
            }
            case TIMESTAMP -> {
                values.addAll(List.of(
                        Instant.parse("0001-01-01T00:00:00Z"),
                        Instant.parse("1999-12-31T23:59:59.999999Z"),
                        Instant.parse("2026-03-08T07:30:00.123456Z"),
                        Instant.parse("9999-12-31T23:59:59.999999Z")));
                asText.addAll(List.of(
                        "0001-01-01 00:00:00",
                        "1999-12-31 23:59:59.999999",
                        "2026-03-08 07:30:00.123456",
                        "9999-12-31 23:59:59.999999"));
            }
        }
        values.add(1, null);
        asText.add(1, null);
        assertThat(sentAndReadBack(type, values)).isEqualTo(asText);
    }

    @ParameterizedTest
    @EnumSource
    void anArrayMayHoldNothingButNulls(ColumnType type) throws SQLException {
        List<@Nullable Object> nulls = Arrays.asList(null, null);
        assertThat(sentAndReadBack(type, nulls)).isEqualTo(Collections.nCopies(2, null));
    }

    private static List<@Nullable String> sentAndReadBack(ColumnType type, List<@Nullable Object> values)
            throws SQLException {
        // an event cannot be null, its values can
        List<Integer> events = new ArrayList<>();
        for (int i = 0; i < values.size(); i++) {
            events.add(i);
        }
        List<@Nullable String> read = new ArrayList<>();
        try (Connection connection = DATABASE.dataSource().getConnection();
                PreparedStatement statement = connection.prepareStatement(
                        "SELECT v::text FROM unnest(?) WITH ORDINALITY AS t (v, n) ORDER BY n")) {
            statement.setArray(1, BinaryArray.of(connection, new Column<>(type, values::get), events));
            try (ResultSet rows = statement.executeQuery()) {
                while (rows.next()) {
                    read.add(rows.getString(1));
                }
            }
        }
        return read;
    }
}
