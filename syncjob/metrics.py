"""`metrics_file`: a run as a textfile for Prometheus' node_exporter (CONTRACT 11).

What enters: `News` and the path. What leaves: the file, replaced whole: written beside it under a name that the
collector doesn't read, then renamed; 0644, since the collector is another user; a final line end. All are gauges, for
every run replaces the file. What a run doesn't know is left out; the time of the last success is kept from the file
before. Format: Prometheus text exposition 0.0.4.
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from pathlib import Path

from syncjob.notify.news import News
from syncjob.words import OUTCOMES

MODE = 0o644
SUCCESS = "syncjob_last_success_timestamp_seconds"

_HELP = {
    "syncjob_last_run_timestamp_seconds": "When the last run ended.",
    SUCCESS: "When a run last ended with exit code 0.",
    "syncjob_last_exit_code": "Exit code of the last run.",
    "syncjob_run_duration_seconds": "How long the last run took.",
    "syncjob_rows": "Rows of the last run by outcome.",
    "syncjob_bad_rows": "Rows of the last run that ended bad.",
    "syncjob_remote_contacts": "Contacts of the account when they were last read.",
    "syncjob_requests": "Requests that the last run made.",
    "syncjob_request_retries": "Requests among them that were sent again.",
}


def write_metrics(path: Path, news: News) -> None:
    """Replace the file at `path`. Raises `OSError`; then the old file is still there."""
    text = textfile(news, last_success(path, news))
    aside = path.with_name(f".{path.name}.{os.getpid()}.new")
    handle = os.open(aside, os.O_CREAT | os.O_WRONLY | os.O_TRUNC, MODE)
    try:
        with os.fdopen(handle, "w", encoding="utf-8", newline="\n") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        aside.chmod(MODE)  # the umask may have taken the others' right to read
        aside.replace(path)
    except OSError:
        aside.unlink(missing_ok=True)
        raise


def textfile(news: News, success: float | None) -> str:
    """The file's text. `success`: when a run of this job last ended well, in Unix seconds."""
    who = {"account": news.account, "job": news.job}
    now = news.at.timestamp()
    lines = [
        *_gauge("syncjob_last_run_timestamp_seconds", {_labels(who): now}),
        *_gauge(SUCCESS, {_labels(who): now if not news.exit_code else success}),
        *_gauge("syncjob_last_exit_code", {_labels(who): news.exit_code}),
        *_gauge("syncjob_run_duration_seconds", {_labels(who): news.seconds}),
        *_gauge(
            "syncjob_rows",
            {_labels({**who, "outcome": code}): news.counts.get(code, 0) for code in OUTCOMES} if news.run_id else {},
        ),
        *_gauge("syncjob_bad_rows", {_labels(who): news.bad if news.run_id else None}),
        *_gauge("syncjob_remote_contacts", {_labels(who): news.contacts}),
        *_gauge("syncjob_requests", {_labels(who): news.requests}),
        *_gauge("syncjob_request_retries", {_labels(who): news.retries}),
    ]
    return "\n".join(lines) + "\n"


def last_success(path: Path, news: News) -> float | None:
    """When the file before says that a run of this very job last ended well."""
    wanted = re.escape(SUCCESS + _labels({"account": news.account, "job": news.job}))
    try:
        found = re.search(rf"^{wanted} (\d+(?:\.\d+)?)$", path.read_text(encoding="utf-8", errors="replace"), re.M)
    except OSError:
        return None
    return float(found[1]) if found else None


def _gauge(name: str, values: Mapping[str, float | None]) -> list[str]:
    """A metric's lines; none where nothing is known of it."""
    known = [f"{name}{labels} {_number(value)}" for labels, value in values.items() if value is not None]
    return [f"# HELP {name} {_HELP[name]}", f"# TYPE {name} gauge", *known] if known else []


def _labels(labels: Mapping[str, str]) -> str:
    said = (f'{name}="{_escaped(value)}"' for name, value in labels.items())
    return "{" + ",".join(said) + "}"


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")


def _number(value: float) -> str:
    return str(int(value)) if float(value).is_integer() else f"{value:.3f}"
