package dev.pipelinetracker.local;

import java.io.PrintStream;

/** Says where everything is, with commands to copy. */
final class LocalGuide {

    private LocalGuide() {}

    static void print(
            LocalSettings settings,
            LocalPostgres postgres,
            LocalBroker broker,
            LocalRegistry registry,
            PrintStream out) {
        String management = "http://127.0.0.1:" + settings.managementPort() + "/actuator";
        String deadLetters = DemoFeed.INSIGHTS.deadLetterTopic();
        out.printf(
                """

                PostgreSQL      %s?user=%s&password=%s
                                psql '%s' -c 'SELECT status, count(*) FROM analytics_pipeline_history GROUP BY status'
                Kafka           %s  topics %s, %s, %s
                                kcat -b %s -t %s -C -o -1 -e -f '%%t-%%p@%%o %%k\\n'
                Schema registry %s
                                curl %s/subjects
                Metrics         %s/prometheus
                                curl -s %s/prometheus | grep ^tracker_
                Health          %s/health
                Dead letters    %s, %s, %s
                                kcat -b %s -t %s -C -o beginning -e -f '%%t-%%p@%%o %%h\\n'

                Each dead letter and every few seconds the counts are shown below: %s
                """,
                postgres.jdbcUrl(),
                LocalPostgres.USER,
                LocalPostgres.PASSWORD,
                postgres.psqlUrl(),
                broker.bootstrapServers(),
                DemoFeed.PIPELINE_RUNS.topic(),
                DemoFeed.INSIGHTS.topic(),
                DemoFeed.VISUALIZATIONS.topic(),
                broker.bootstrapServers(),
                DemoFeed.PIPELINE_RUNS.topic(),
                registry.url(),
                registry.url(),
                management,
                management,
                management,
                DemoFeed.PIPELINE_RUNS.deadLetterTopic(),
                DemoFeed.INSIGHTS.deadLetterTopic(),
                DemoFeed.VISUALIZATIONS.deadLetterTopic(),
                broker.bootstrapServers(),
                deadLetters,
                StatusLine.LEGEND);
    }
}
