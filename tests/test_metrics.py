"""The Prometheus textfile: replaced whole, for everybody to read, the last success kept (CONTRACT 11)."""

import re
import stat
from datetime import timedelta
from pathlib import Path

import pytest

from syncjob.metrics import textfile, write_metrics
from syncjob.words import OUTCOMES
from tests.builders_notify import NIGHT, bad_news, make_news

WHO = '{account="acme1",job="leads"}'


def values(path: Path) -> dict[str, float]:
    """Metric with its labels → value; fails on a line that the format doesn't have."""
    text = path.read_text(encoding="utf-8")
    assert text.endswith("\n")
    found = {}
    for line in text.splitlines():
        if line.startswith("# "):
            assert re.fullmatch(r"# (HELP \w+ .+|TYPE \w+ gauge)", line)
        else:
            match = re.fullmatch(r'(\w+\{(?:\w+="(?:[^"\\\n]|\\.)*",?)+\}) (-?[\d.]+)', line)
            assert match, line
            found[match[1]] = float(match[2])
    return found


def test_a_run_that_ended_well_tells_all(tmp_path: Path):
    path = tmp_path / "leads.prom"
    write_metrics(path, make_news())
    told = values(path)
    assert told[f"syncjob_last_run_timestamp_seconds{WHO}"] == NIGHT.timestamp()
    assert told[f"syncjob_last_success_timestamp_seconds{WHO}"] == NIGHT.timestamp()
    assert told[f"syncjob_last_exit_code{WHO}"] == told[f"syncjob_bad_rows{WHO}"] == 0
    assert told[f"syncjob_run_duration_seconds{WHO}"] == 131.4
    assert told[f"syncjob_remote_contacts{WHO}"] == 814
    assert (told[f"syncjob_requests{WHO}"], told[f"syncjob_request_retries{WHO}"]) == (48, 1)
    rows = {code: told[f'syncjob_rows{{account="acme1",job="leads",outcome="{code}"}}'] for code in OUTCOMES}
    assert {code: count for code, count in rows.items() if count} == {"created": 10, "unchanged": 30}


def test_the_last_success_is_kept_while_runs_fail(tmp_path: Path):
    path = tmp_path / "leads.prom"
    write_metrics(path, make_news())
    write_metrics(path, bad_news(at=NIGHT + timedelta(days=1)))
    write_metrics(path, make_news(7, run_id=None, requests=None, at=NIGHT + timedelta(days=2)))
    told = values(path)
    assert told[f"syncjob_last_success_timestamp_seconds{WHO}"] == NIGHT.timestamp()
    assert told[f"syncjob_last_run_timestamp_seconds{WHO}"] == (NIGHT + timedelta(days=2)).timestamp()
    assert told[f"syncjob_last_exit_code{WHO}"] == 7


def test_a_success_of_another_job_is_not_taken_for_ours(tmp_path: Path):
    path = tmp_path / "x.prom"
    write_metrics(path, make_news(job="other"))
    write_metrics(path, bad_news())
    assert not [name for name in values(path) if "success" in name]


def test_what_a_run_does_not_know_is_left_out():
    text = textfile(make_news(4, run_id=None, counts={}, requests=None, retries=None, contacts=None), None)
    assert not re.search("syncjob_(rows|bad_rows|requests|request_retries|remote_contacts|last_success)", text)
    assert "syncjob_last_exit_code" in text


def test_the_file_is_replaced_whole_for_everybody_to_read_and_nothing_else_is_left(tmp_path: Path):
    path = tmp_path / "leads.prom"
    path.write_text("old")
    before = path.stat().st_ino
    write_metrics(path, make_news())
    assert stat.S_IMODE(path.stat().st_mode) == 0o644
    assert path.stat().st_ino != before
    assert [left.name for left in tmp_path.iterdir()] == ["leads.prom"]


def test_a_folder_that_is_missing_is_an_error_and_a_folder_in_the_way_leaves_nothing_behind(tmp_path: Path):
    with pytest.raises(OSError, match="No such file"):
        write_metrics(tmp_path / "none" / "leads.prom", make_news())
    (tmp_path / "leads.prom").mkdir()
    with pytest.raises(OSError, match="directory"):
        write_metrics(tmp_path / "leads.prom", make_news())
    assert [left.name for left in tmp_path.iterdir()] == ["leads.prom"]


def test_labels_are_escaped(tmp_path: Path):
    path = tmp_path / "x.prom"
    write_metrics(path, make_news(account='a"b\\c\nd'))
    write_metrics(path, bad_news(account='a"b\\c\nd'))
    assert 'syncjob_last_success_timestamp_seconds{account="a\\"b\\\\c\\nd",job="leads"}' in values(path)
