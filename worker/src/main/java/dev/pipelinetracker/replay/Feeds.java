package dev.pipelinetracker.replay;

import dev.pipelinetracker.database.Blinding;
import dev.pipelinetracker.engine.FeedSettings;
import dev.pipelinetracker.engine.Processors;
import dev.pipelinetracker.wire.SchemaRegistry;
import javax.sql.DataSource;
import org.apache.kafka.clients.admin.Admin;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.kafka.core.ConsumerFactory;
import org.springframework.kafka.core.KafkaAdmin;

/** Opens feeds for operators. Not found by the component scan: the commands that need it import it. */
public class Feeds {

    private final Processors processors;
    private final FeedSettings settings;
    private final SchemaRegistry registry;
    private final DataSource database;
    private final ConsumerFactory<byte[], byte[]> consumers;
    private final KafkaAdmin kafka;

    Feeds(
            Processors processors,
            FeedSettings settings,
            SchemaRegistry registry,
            DataSource database,
            ConsumerFactory<byte[], byte[]> consumers,
            KafkaAdmin kafka) {
        this.processors = processors;
        this.settings = settings;
        this.registry = registry;
        this.database = database;
        this.consumers = consumers;
        this.kafka = kafka;
    }

    /** Opens the feed of that name, the caller's to close; throws UnknownFeedException if there is none. */
    public OpenFeed open(String name) {
        return processors.all().stream()
                .filter(processor -> processor.feed().name().equals(name))
                .findFirst()
                .map(processor -> new OpenFeed(
                        processor,
                        settings.topic(processor.feed()),
                        registry,
                        database,
                        consumers,
                        Admin.create(kafka.getConfigurationProperties())))
                .orElseThrow(() -> new UnknownFeedException(name, names()));
    }

    /**
     * As {@link #open(String)}, for a command that is about this feed.
     *
     * @throws dev.pipelinetracker.database.DatabaseRefusedException if row-level security hides all rows from this login: each
     *     event would be rejected, and a good letter parked in the end
     */
    public OpenFeed open(String name, Operator operator) {
        OpenFeed feed = open(name);
        try {
            operator.about("feed", name);
            new Blinding(JdbcClient.create(database)).refuseThisLogin();
            return feed;
        } catch (RuntimeException e) {
            feed.close();
            throw e;
        }
    }

    private String names() {
        return String.join(
                ", ",
                processors.all().stream()
                        .map(processor -> processor.feed().name())
                        .sorted()
                        .toList());
    }
}
