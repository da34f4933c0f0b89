#!/usr/bin/env python3
"""The same bytes by Confluent's own serializer (confluent-kafka before 2.0: Debian's 1.7): --count events of each feed.

It is the MessageSerializer inside AvroProducer. AvroProducer itself would make Avro of the key, too, which the worker rejects:
the key is plain text. Newer releases have AvroSerializer instead, for SerializingProducer's value.serializer.
"""

import argparse
import datetime
import json
import pathlib
import uuid
import warnings

warnings.simplefilter("ignore")  # the client says that it is old

from confluent_kafka import Producer, avro  # noqa: E402
from confluent_kafka.avro import CachedSchemaRegistryClient  # noqa: E402
from confluent_kafka.avro.serializer.message_serializer import MessageSerializer  # noqa: E402

SCHEMAS = pathlib.Path(__file__).resolve().parents[3] / "schemas" / "src" / "main" / "avro"


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--bootstrap", default="127.0.0.1:19092")
    parser.add_argument("--registry", default="http://127.0.0.1:18081")
    parser.add_argument("--org", default="11111111-1111-4111-8111-111111111111")
    parser.add_argument("--topic-prefix", default="etl.")
    parser.add_argument("--count", type=int, default=1)
    arguments = parser.parse_args()

    failed = []
    serializer = MessageSerializer(CachedSchemaRegistryClient({"url": arguments.registry}))
    producer = Producer({
        "bootstrap.servers": arguments.bootstrap,
        "enable.idempotence": True,
        "on_delivery": lambda error, message: failed.append(str(error)) if error else None,
    })
    start = datetime.datetime(2026, 3, 8, 7, 30, 0, 123456, datetime.timezone.utc)

    def publish(feed, avsc, events):
        schema = avro.load(str(SCHEMAS / avsc))
        for event in events:
            topic = arguments.topic_prefix + feed
            value = serializer.encode_record_with_schema(topic, schema, {"org_id": arguments.org, **event})
            producer.produce(topic, key=arguments.org, value=value)
            producer.poll(0)

    publish("pipeline-runs", "PipelineRun.avsc", ({
        "pipeline_id": str(uuid.UUID(int=number, version=4)), "source_id": "orders", "source_name": "Bestellungen 📦",
        "status": "completed", "records_processed": number, "duration_seconds": 12.5, "error_message": None,
        "run_type": "etl_rag", "timestamp": start} for number in range(arguments.count)))
    publish("insights", "SourceInsight.avsc", ({
        "source_id": f"python-{number}", "source_name": None, "source_icon": "🐍", "data_summary": "Größer als € 5",
        "insights": ["erste", "zweite 😀"], "records_analyzed": number, "generated_from": "rag",
        "generated_at": start} for number in range(arguments.count)))
    publish("visualizations", "Visualization.avsc", ({
        "source_id": f"python-{number}", "chart_type": "bar", "chart_title": None, "x_column": "month", "y_column": None,
        "chart_config": json.dumps({"data": [{"y": [number]}]}), "generated_at": start}
        for number in range(arguments.count)))
    left = producer.flush(60)
    if left or failed:
        raise SystemExit(f"{left} events still under way, {len(failed)} failed: {failed[:3]}")
    print(f"{3 * arguments.count} events delivered")


if __name__ == "__main__":
    main()
