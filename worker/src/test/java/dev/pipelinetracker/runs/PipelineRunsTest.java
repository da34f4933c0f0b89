package dev.pipelinetracker.runs;

import dev.pipelinetracker.engine.Feed;
import dev.pipelinetracker.engine.FeedContract;
import dev.pipelinetracker.events.PipelineRun;
import dev.pipelinetracker.events.RunStatus;
import dev.pipelinetracker.events.RunType;
import io.micrometer.core.instrument.MeterRegistry;
import java.util.List;
import java.util.UUID;
import javax.sql.DataSource;
import org.springframework.jdbc.core.simple.JdbcClient;

class PipelineRunsTest extends FeedContract<PipelineRun, RunKey> {

    // as the contract orders them
    private static final List<RunStatus> FINALITY = List.of(RunStatus.running, RunStatus.failed, RunStatus.completed);
    private static final List<RunType> RUN_TYPES = List.of(RunType.etl, RunType.rag, RunType.etl_rag);

    @Override
    protected Feed<PipelineRun, RunKey> feed(MeterRegistry meters, DataSource dataSource) {
        return new PipelineRuns(new RunMeters(meters, JdbcClient.create(dataSource)));
    }

    @Override
    protected PipelineRun event(UUID organization, int key, int version) {
        int type = (key + version) % 4;
        return PipelineRun.newBuilder()
                .setOrgId(organization)
                // equal but for the last bit of the high half and the source: all parts of the key matter
                .setPipelineId(new UUID(0x8000_0000_0000_0000L + key / 2, -1L))
                .setSourceId("source-" + key % 2)
                .setSourceName("Größe 📈 " + version)
                .setStatus(FINALITY.get(version % 3))
                .setRecordsProcessed(Integer.MAX_VALUE - version)
                .setDurationSeconds(version + 0.1)
                .setErrorMessage(version % 2 == 0 ? null : "line 1\nline {2} \"quoted\" \\ NULL")
                .setRunType(type == 3 ? null : RUN_TYPES.get(type))
                .setTimestamp(moment(version / 3))
                .build();
    }

    @Override
    protected boolean isNewer(PipelineRun event, PipelineRun other) {
        return event.getTimestamp().isAfter(other.getTimestamp())
                || (event.getTimestamp().equals(other.getTimestamp())
                        && FINALITY.indexOf(event.getStatus()) > FINALITY.indexOf(other.getStatus()));
    }

    @Override
    protected String rowsQuery() {
        return """
               SELECT concat_ws('|', org_id, pipeline_id, source_id, source_name, status, records_processed,
                                duration_seconds, coalesce(error_message, '-'), coalesce(run_type, '-'),
                                to_char("timestamp", 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'))
               FROM analytics_pipeline_history
               """;
    }

    @Override
    protected String row(PipelineRun run) {
        String error = run.getErrorMessage();
        RunType type = run.getRunType();
        return String.join(
                "|",
                run.getOrgId().toString(),
                run.getPipelineId().toString(),
                run.getSourceId(),
                run.getSourceName(),
                run.getStatus().name(),
                Long.toString(run.getRecordsProcessed()),
                Double.toString(run.getDurationSeconds()),
                error == null ? "-" : error,
                type == null ? "-" : type.name().replace('_', '+'),
                run.getTimestamp().toString());
    }

    @Override
    protected PipelineRun poisoned(PipelineRun run) {
        run.setRecordsProcessed(666);
        return run;
    }

    @Override
    protected String check() {
        return "records_processed <> 666";
    }
}
