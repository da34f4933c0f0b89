package dev.pipelinetracker.database;

import dev.pipelinetracker.engine.Processors;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.atomic.AtomicReference;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.dao.DataAccessException;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.scheduling.annotation.Scheduled;
import org.springframework.stereotype.Component;

/** How far the feeds' id sequences are used up: SERIAL ends at 2147483647, and with it all inserts. */
@Component
class SequenceGauges {

    private static final Logger log = LoggerFactory.getLogger(SequenceGauges.class);

    private final JdbcClient database;
    private final Map<String, AtomicReference<Double>> used = new TreeMap<>();

    SequenceGauges(Processors processors, JdbcClient database, MeterRegistry registry) {
        this.database = database;
        processors.all().forEach(processor -> {
            String table = processor.feed().upsert().table();
            AtomicReference<Double> ratio = new AtomicReference<>(0.0);
            used.put(table, ratio);
            Gauge.builder("tracker.sequence.used.ratio", ratio, AtomicReference::get)
                    .description("Share of the table's id sequence that is used up, 0 to 1")
                    .tag("table", table)
                    .register(registry);
        });
    }

    /** Keeps the last ratios while the database is away. */
    @Scheduled(fixedDelayString = "${tracker.gauges-interval:15s}")
    void read() {
        try {
            used.forEach((table, ratio) ->
                    ratio.set(database.sql("""
                            SELECT coalesce(last_value, 0)::float8 / max_value
                            FROM pg_sequences
                            WHERE format('%I.%I', schemaname, sequencename) = pg_get_serial_sequence(?, 'id')
                            """).param(table).query(Double.class).single()));
        } catch (DataAccessException e) {
            log.debug("sequences not read: {}", e.getClass().getSimpleName());
        }
    }
}
