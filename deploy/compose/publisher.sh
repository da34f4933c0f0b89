#!/usr/bin/env bash
# Believable events for the demo, by the worker's own `publish`: about EVENTS_PER_SECOND (10) of pipeline runs, which start,
# move on and end, and now and then insights, a chart, and an event of an organization that nobody knows.
set -euo pipefail

org=11111111-1111-4111-8111-111111111111
stranger=99999999-9999-4999-8999-999999999999
sources=(orders returns customers inventory payments)
pause=$(awk "BEGIN {print 1 / ${EVENTS_PER_SECOND:-10}}")

publish() {
    java -XX:AOTCache=/app/worker.aot -jar /app/pipeline-tracker.jar publish --feed "$1"
}

now() {
    date -u +%Y-%m-%dT%H:%M:%S.%6NZ
}

uuid() {
    cat /proc/sys/kernel/random/uuid
}

# org id source status records seconds error type
run() {
    printf '{"org_id":"%s","pipeline_id":"%s","source_id":"%s","source_name":"%s","status":"%s","records_processed":%d,"duration_seconds":%d,"error_message":%s,"run_type":"%s","timestamp":"%s"}\n' \
        "$1" "$2" "$3" "${3^}" "$4" "$5" "$6" "$7" "$8" "$(now)"
}

runs() {
    local types=(etl rag etl+rag) open=() i id source type started left
    while sleep "$pause"; do
        if ((${#open[@]} < 20)); then
            open+=("$(uuid) ${sources[RANDOM % 5]} ${types[RANDOM % 3]} $SECONDS $((RANDOM % 30 + 1))")
        fi
        i=$((RANDOM % ${#open[@]}))
        read -r id source type started left <<<"${open[i]}"
        if ((left > 0)); then
            run $org "$id" "$source" running $((1000 - left)) $((SECONDS - started)) null "$type"
            open[i]="$id $source $type $started $((left - 1))"
            continue
        elif ((RANDOM % 10)); then
            run $org "$id" "$source" completed 1000 $((SECONDS - started)) null "$type"
        else
            run $org "$id" "$source" failed 700 $((SECONDS - started)) '"The source did not answer"' "$type"
        fi
        unset 'open[i]'
        open=("${open[@]}")
        ((RANDOM % 20)) || run $stranger "$(uuid)" "$source" completed 1 1 null "$type"
    done
}

insights() {
    while sleep 5; do
        printf '{"org_id":"%s","source_id":"%s","source_name":null,"data_summary":"The last hour.","insights":["%d new records."],"records_analyzed":%d,"generated_from":"etl","generated_at":"%s"}\n' \
            $org "${sources[RANDOM % 5]}" $RANDOM $RANDOM "$(now)"
    done
}

charts() {
    while sleep 7; do
        printf '{"org_id":"%s","source_id":"%s","chart_type":"bar","chart_title":"By day","x_column":"day","y_column":"records","chart_config":{"data":[{"type":"bar","x":["Mon","Tue"],"y":[%d,%d]}],"layout":{}},"generated_at":"%s"}\n' \
            $org "${sources[RANDOM % 5]}" $RANDOM $RANDOM "$(now)"
    done
}

runs | publish pipeline-runs &
insights | publish insights &
charts | publish visualizations &
wait -n
