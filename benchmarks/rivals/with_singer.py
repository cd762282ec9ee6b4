"""A Singer target: a BatchSink of 5,000 rows, fed with a prepared stream, as it comes (records are validated)."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

import requests
from common import BATCH, Task, run
from singer_sdk import Target
from singer_sdk.sinks import BatchSink
from singer_sdk.typing import PropertiesList, Property, StringType


class Contacts(BatchSink):
    """Posts a batch."""

    max_size = BATCH

    def process_batch(self, context: dict[str, Any]) -> None:
        session = requests.Session()
        session.auth = (self.config["key"], self.config["token"])
        body = {"contacts": [{k: v for k, v in row.items() if not k.startswith("_")} for row in context["records"]]}
        session.post(self.config["url"], json=body, timeout=30).raise_for_status()


class ToContacts(Target):
    """The target."""

    name = "target-contacts"
    config_jsonschema = PropertiesList(
        Property("url", StringType), Property("key", StringType), Property("token", StringType)
    ).to_dict()
    default_sink_class = Contacts


def do(task: Task) -> Iterable[str]:
    """A target that ends with an error says so of the whole stream; else every row is written."""
    rows = task.rows()
    stream = task.folder / "stream.jsonl"
    schema = {"type": "object", "properties": {name: {"type": ["string", "null"]} for name in rows[0]}}
    head = {"type": "SCHEMA", "stream": "contacts", "schema": schema, "key_properties": ["number"]}
    lines = [head, *({"type": "RECORD", "stream": "contacts", "record": row} for row in rows)]
    stream.write_text("\n".join(map(json.dumps, lines)), encoding="utf-8")
    target = ToContacts(config={"url": task.contacts, "key": task.key, "token": task.token})
    try:
        with stream.open(encoding="utf-8") as file:
            target.listen(file)
    except Exception:
        return [row["number"] for row in rows]
    return []


run(do)
