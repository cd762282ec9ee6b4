"""Share-safe copies: enough to talk about a problem, nothing that says who the people are."""

import zipfile
from pathlib import Path

import pytest

from syncjob.results.files import write_run
from syncjob.results.mask import mask, share_safe
from tests.builders_results import PEOPLE, make_results, make_sample


@pytest.mark.parametrize(
    ("text", "seen"),
    [
        ("+919876512345", "+91•••••••345"),
        ("(020) 9876-54321", "(•••) ••••-••321"),
        ("asha@example.com", "a•••@•••"),
        ("Asha Rao", "A•••"),
        ("vip", "•••"),
        ('{"phone":"9876512345"}', '{"•••••":"•••••••••5"}'),
    ],
)
def test_a_value_keeps_its_kind_but_not_its_content(text: str, seen: str):
    assert mask(text) == seen
    assert "98765" not in mask(text)


def test_no_value_of_anybody_is_left_in_any_masked_file(tmp_path: Path):
    results = make_sample(refusals=("First: +919876500003.",), notes=("Ask asha3@example.com.",))
    files = write_run(results, tmp_path, csv=True, mask=True)
    assert {path.name for path in files.masked} == {
        "result-masked.xlsx", "result-masked.csv", "needs-fixing-masked.xlsx", "needs-fixing-masked.csv",
        "report-masked.html",
    }  # fmt: skip
    secrets = {word for person in PEOPLE for word in person.split()} | {"9876500", "@example", "Surat", "call after"}
    for path in files.masked:
        if path.suffix != ".xlsx":
            texts = [path.read_text(encoding="utf-8")]
        else:
            with zipfile.ZipFile(path) as archive:
                parts = [name for name in archive.namelist() if name.endswith("xml") and "theme" not in name]
                texts = [archive.read(name).decode("utf-8") for name in parts]
        assert not [secret for secret in secrets for text in texts if secret in text], path.name


def test_a_masked_command_keeps_its_words_and_loses_the_folders_of_a_machine():
    command = "syncjob apply '/srv/my jobs/results/run-1/plan.json' --allow too_many_deletes@0123 --config /srv/c.yaml"
    facts = share_safe(make_sample(next_command=command, feed_back="put it into the folder /srv/jobs/inbox")).facts
    assert facts.next_command == "syncjob apply …/run-1/plan.json --allow too_many_deletes@0123 --config …/c.yaml"
    assert facts.feed_back == "put it into the folder …/inbox"


def test_masking_keeps_what_support_needs():
    results = make_sample()
    safe = share_safe(results)
    assert safe.counts == results.counts
    for name in ("sync_outcome", "sync_reason", "sync_sid", "sync_row", "sync_request_id"):
        assert safe.sync[name].tolist() == results.sync[name].tolist()
    assert "On hold. Other rows have the same number but other details: row 24." in safe.sync["sync_message"][21]
    assert safe.sync["sync_changes"][9] == "Custom field: city"
    assert results.cells.iat[0, 1] == "Asha Rao"


def test_who_approved_a_plan_is_not_named_in_what_is_passed_on():
    told = share_safe(make_results([["+919876500001", "Asha", "Pune"]], ["created"], approved="by Asha Rao in p.xlsx"))
    assert told.facts.approved == "in a plan workbook"
