#!/usr/bin/env python3
"""Publishes a pipeline run, an insight and a chart from Python.

Needs confluent-kafka with Avro support and nothing of ours but the .avsc files. On Debian:
    apt-get install python3-confluent-kafka python3-avro
elsewhere:
    pip install "confluent-kafka[avro]"

Against the local mode (mvn spring-boot:test-run):
    python3 deploy/examples/python/publish.py
"""

import argparse
import contextlib
import datetime
import io
import json
import os
import operator
import pathlib
import queue
import re
import struct
import sys
import threading
import time
import traceback
import urllib.parse
import urllib.request
import uuid

import avro.io
import avro.schema
from confluent_kafka import Producer

SCHEMAS = pathlib.Path(__file__).resolve().parents[3] / "schemas" / "src" / "main" / "avro"
FEEDS = {
    "pipeline-runs": "PipelineRun.avsc",
    "insights": "SourceInsight.avsc",
    "visualizations": "Visualization.avsc",
}
# How long a job waits for the registry, all in all; after that it is not asked for ten times as long.
REGISTRY_SECONDS = 3


def now():
    """Timestamps must know their time zone: a naive datetime would be stored shifted."""
    return datetime.datetime.now(datetime.timezone.utc)


def storable(text):
    """No text column holds NUL or half of a surrogate pair, as a file's name may: the end of a run is not lost for that."""
    return re.sub("[\0\ud800-\udfff]", "\ufffd", text)[:8000]


class Tracker:
    """Publishes events and confirms every one. What fails is printed and counted, and never breaks the job; flush raises.

    The wire format is Confluent's: byte 0, the schema's id as four bytes, Avro binary. The key is the organization's id as
    text; the worker rejects an event whose key is another.
    """

    def __init__(self, bootstrap, registry, topics=None, settings=None):
        self.registry = registry.rstrip("/")
        self.topics = {feed: "etl." + feed for feed in FEEDS}
        self.topics.update(topics or {})
        self.delivered = 0
        self.failed = []
        self._stalled = False
        self._ask_again = 0.0
        self._encoders = {}
        self._producer = Producer({
            "bootstrap.servers": bootstrap,
            "enable.idempotence": True,
            "acks": "all",
            # 2 minutes: how long an event may take before it counts as lost
            "delivery.timeout.ms": 120000,
            **(settings or {}),
        })

    def publish(self, feed, **event):
        """Hands one event over; see failed after flush."""
        try:
            self._send(feed, event)
        except Exception as error:  # the registry away, a value of another type: not the job's problem
            self._failed(f"{feed}: {type(error).__name__}", error)

    def _send(self, feed, event):
        schema_id, writer = self._encoder(feed)
        out = io.BytesIO(struct.pack(">bI", 0, schema_id))
        out.seek(0, io.SEEK_END)
        writer.write(event, avro.io.BinaryEncoder(out))
        message = dict(key=str(event["org_id"]), value=out.getvalue(), on_delivery=self._settled)
        try:
            self._producer.produce(self.topics[feed], **message)
        except BufferError:  # the local queue is full: wait for room, once per outage
            self._producer.poll(0 if self._stalled else 5)
            self._stalled = True
            self._producer.produce(self.topics[feed], **message)
        self._producer.poll(0)

    def flush(self, seconds):
        """Waits for all events; raises if any was not delivered."""
        left = self._producer.flush(seconds)
        if left or self.failed:
            raise RuntimeError(f"{left} events still under way, {len(self.failed)} failed: {self.failed[:3]}")

    @contextlib.contextmanager
    def run(self, org_id, source_id, source_name, run_type="etl"):
        """A run as a scope: running, then completed, or failed if the block raises."""
        state = {
            "org_id": org_id,
            "pipeline_id": str(uuid.uuid4()),
            "source_id": source_id,
            "source_name": source_name,
            "run_type": run_type,
            "records_processed": 0,
            "duration_seconds": 0.0,
            "error_message": None,
        }
        start = time.monotonic()
        latest = now()

        def tell(status):
            nonlocal latest
            # The later of two states is kept: time must rise, also when the clock stands still or is set back.
            latest = max(now(), latest + datetime.timedelta(microseconds=1))
            state["duration_seconds"] = time.monotonic() - start
            self.publish("pipeline-runs", status=status, timestamp=latest, **state)

        def progress(records):
            # Refused here: kept, it would have the end of the run refused, too.
            records = operator.index(records)
            if not 0 <= records <= 2147483647:
                raise ValueError("records_processed must be 0 to 2147483647")
            state["records_processed"] = records
            tell("running")

        tell("running")
        try:
            yield progress
        except BaseException as error:
            state["error_message"] = storable("".join(traceback.format_exception_only(type(error), error)).strip())
            tell("failed")
            raise
        tell("completed")

    def _settled(self, error, message):
        if error is None:
            self.delivered += 1
            self._stalled = False
        else:
            self._failed(message.topic(), error)

    def _failed(self, what, error):
        self.failed.append(str(error))
        print(f"not delivered to {what}: {storable(str(error))}", file=sys.stderr)

    def _encoder(self, feed):
        if feed not in self._encoders:
            if time.monotonic() < self._ask_again:
                raise ConnectionError("the registry was away a moment ago")
            avsc = (SCHEMAS / FEEDS[feed]).read_text(encoding="utf-8")
            writer = avro.io.DatumWriter(avro.schema.parse(avsc))
            try:
                self._encoders[feed] = (self._schema_id(self.topics[feed] + "-value", avsc), writer)
            except Exception:
                # Counted from the end of the wait: else each event would wait anew.
                self._ask_again = time.monotonic() + 10 * REGISTRY_SECONDS
                raise
        return self._encoders[feed]

    def _schema_id(self, subject, avsc):
        """Registers the schema, which gives the id of one that is registered already."""
        answer = queue.SimpleQueue()

        def ask():
            try:
                answer.put((self._register(subject, avsc), None))
            except Exception as error:
                answer.put((None, error))

        # urllib's time-out is for each address and each piece of the answer; the job waits for all of it no longer than this.
        threading.Thread(target=ask, daemon=True).start()
        try:
            schema_id, error = answer.get(timeout=REGISTRY_SECONDS)
        except queue.Empty:
            raise TimeoutError(f"the registry has not answered within {REGISTRY_SECONDS} s") from None
        if error:
            raise error
        return schema_id

    def _register(self, subject, avsc):
        request = urllib.request.Request(
            f"{self.registry}/subjects/{urllib.parse.quote(subject, safe='')}/versions",
            data=json.dumps({"schema": avsc}).encode(),
            headers={"Content-Type": "application/vnd.schemaregistry.v1+json"})
        # Nobody waits for it any more by then: it ends the thread.
        with urllib.request.urlopen(request, timeout=10 * REGISTRY_SECONDS) as answer:
            return json.load(answer)["id"]


def main():
    parser = argparse.ArgumentParser(description="Publishes a run, an insight and a chart.")
    parser.add_argument("--bootstrap", default=os.environ.get("KAFKA_BOOTSTRAP", "127.0.0.1:19092"))
    parser.add_argument("--registry", default=os.environ.get("SCHEMA_REGISTRY", "http://127.0.0.1:18081"))
    parser.add_argument("--org", default="11111111-1111-4111-8111-111111111111", help="default: the local mode's first")
    parser.add_argument("--topic-prefix", default="etl.")
    parser.add_argument("--count", type=int, default=1, help="events of each feed")
    arguments = parser.parse_args()

    tracker = Tracker(arguments.bootstrap, arguments.registry, {feed: arguments.topic_prefix + feed for feed in FEEDS})
    for number in range(arguments.count):
        with tracker.run(arguments.org, "orders", "Bestellungen 📦", "etl_rag") as progress:
            progress(600)
            progress(1200)
        tracker.publish(
            "insights", org_id=arguments.org, source_id=f"python-{number}", source_name="Orders", source_icon="🐍",
            data_summary="Orders of the last year.", insights=["Sales rose by 4%.", "Größer als € 5"],
            records_analyzed=1200, generated_from="etl", generated_at=now())
        tracker.publish(
            "visualizations", org_id=arguments.org, source_id=f"python-{number}", chart_type="bar", chart_title="Sales",
            x_column="month", y_column=None, generated_at=now(),
            chart_config=json.dumps({"data": [{"type": "bar", "x": ["Jan", "Feb"], "y": [1, 2.5]}], "layout": {}}))
    try:
        with tracker.run(arguments.org, "returns", "Returns") as progress:
            raise ValueError("a file is missing")
    except ValueError:
        pass
    tracker.flush(60)
    print(f"{tracker.delivered} events delivered")


if __name__ == "__main__":
    main()
