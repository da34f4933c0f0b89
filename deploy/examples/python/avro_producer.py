#!/usr/bin/env python3
"""Publishes lines of JSON with Confluent's AvroProducer (confluent-kafka before 2.0: Debian's 1.7), one event a line:

    java -jar worker/target/pipeline-tracker.jar publish --sample --feed insights | python3 avro_producer.py --feed insights

Newer releases have AvroSerializer and StringSerializer instead, for SerializingProducer's value.serializer and key.serializer.
"""

import argparse
import datetime
import json
import pathlib
import sys
import warnings

warnings.simplefilter("ignore")  # the client says that it is old

from confluent_kafka import Producer, avro  # noqa: E402
from confluent_kafka.avro import AvroProducer  # noqa: E402

SCHEMAS = pathlib.Path(__file__).resolve().parents[3] / "schemas" / "src" / "main" / "avro"
FEEDS = {
    "pipeline-runs": ("PipelineRun.avsc", "timestamp"),
    "insights": ("SourceInsight.avsc", "generated_at"),
    "visualizations": ("Visualization.avsc", "generated_at"),
}


class TextKey(Producer):
    """Below AvroProducer, which hands on the options that it does not know: there the key is still what it was."""

    def produce(self, topic, value, key, text_key, **options):
        super().produce(topic, value, text_key, **options)


class TextKeyAvroProducer(AvroProducer, TextKey):
    """AvroProducer with keys of plain text. By itself it makes Avro of a key, or refuses it; the worker rejects such keys."""


def event_of(line, time_field):
    event = json.loads(line)
    moment = datetime.datetime.fromisoformat(event[time_field].replace("Z", "+00:00"))
    if moment.tzinfo is None:
        raise ValueError(f"{time_field} needs a time zone: a naive time would be stored shifted")
    event[time_field] = moment
    if event.get("run_type") == "etl+rag":
        event["run_type"] = "etl_rag"  # as Avro can name it
    if isinstance(event.get("chart_config"), dict):
        event["chart_config"] = json.dumps(event["chart_config"])
    return event


def main():
    parser = argparse.ArgumentParser(description="Publishes lines of JSON from standard input.")
    parser.add_argument("--feed", required=True, choices=FEEDS)
    parser.add_argument("--bootstrap", default="127.0.0.1:19092")
    parser.add_argument("--registry", default="http://127.0.0.1:18081")
    parser.add_argument("--topic-prefix", default="etl.")
    arguments = parser.parse_args()

    avsc, time_field = FEEDS[arguments.feed]
    delivered, failed = [], []
    producer = TextKeyAvroProducer(
        {
            "bootstrap.servers": arguments.bootstrap,
            "schema.registry.url": arguments.registry,
            "enable.idempotence": True,
            "on_delivery": lambda error, message: failed.append(str(error)) if error else delivered.append(message.offset()),
        },
        default_value_schema=avro.load(str(SCHEMAS / avsc)))
    bad = 0
    try:
        for number, line in enumerate(sys.stdin, 1):
            try:
                event = event_of(line, time_field)
                message = dict(topic=arguments.topic_prefix + arguments.feed, value=event, text_key=event["org_id"])
                try:
                    producer.produce(**message)
                except BufferError:  # the local queue is full: wait for room
                    producer.poll(30)
                    producer.produce(**message)
            except Exception as error:
                bad += 1
                # The kind alone: the message may quote values.
                print(f"line {number}: {type(error).__name__}", file=sys.stderr)
            producer.poll(0)
    finally:
        left = producer.flush(60)
        print(f"{len(delivered)} events delivered" + (f", {bad} lines bad" if bad else ""))
    if bad or left or failed:
        raise SystemExit(f"{left} events still under way, {len(failed)} failed: {failed[:3]}")


if __name__ == "__main__":
    main()
