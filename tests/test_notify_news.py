"""What is news, to whom, and in which words (CONTRACT 11)."""

import json
from datetime import timedelta
from pathlib import Path

import pytest

from syncjob.exits import EXITS
from syncjob.notify.news import Told, Why, learnt, passed_over, why
from syncjob.notify.told import recall, remember
from syncjob.notify.wording import Style, body, message
from syncjob.words import REASONS
from tests.builders_notify import NIGHT, bad_news, make_news

WEEK = timedelta(days=7)


def test_the_first_run_of_a_job_is_told_however_it_ended():
    assert [why(make_news(code), None, WEEK) for code in (0, 3, 4)] == ["first"] * 3


def test_nothing_is_told_while_nothing_changes():
    assert why(make_news(), learnt(make_news()), WEEK) is None
    assert why(bad_news(), learnt(bad_news()), WEEK) is None


@pytest.mark.parametrize(
    ("before", "now", "said"),
    [
        (make_news(), bad_news(), "changed"),
        (bad_news(), make_news(), "recovered"),
        (bad_news(), make_news(4, codes=("source_missing",)), "changed"),
        (bad_news(), bad_news(reason="number_too_short"), "changed"),
        (make_news(4, codes=("source_missing",)), make_news(4, codes=("source_unreadable",)), "changed"),
        (make_news(5), make_news(5), "refused"),
    ],
)
def test_another_exit_code_other_reasons_and_every_refusal_are_news(before, now, said):
    assert why(now, learnt(before), WEEK) == said


@pytest.mark.parametrize(
    ("before", "now", "said"),
    [(12, 21, None), (12, 22, "worse"), (200, 210, None), (200, 219, None), (200, 220, "worse"), (20, 5, None)],
)
def test_bad_rows_are_news_when_they_grow_by_ten_percent_and_at_least_ten(before: int, now: int, said: Why | None):
    assert why(bad_news(now), learnt(bad_news(before)), WEEK) == said


def test_growth_counts_from_the_least_there_was_since_the_last_message():
    told = passed_over(bad_news(20), learnt(bad_news(500)))
    assert why(bad_news(29), told, WEEK) is None
    assert why(bad_news(30), told, WEEK) == "worse"
    slowly = passed_over(bad_news(105), passed_over(bad_news(103), learnt(bad_news(100))))
    assert why(bad_news(110), slowly, WEEK) == "worse"


def test_what_stays_bad_is_told_again_after_remind_and_what_is_well_never():
    later, much_later = NIGHT + timedelta(days=6, hours=23), NIGHT + WEEK
    assert why(bad_news(at=later), learnt(bad_news()), WEEK) is None
    assert why(bad_news(at=much_later), learnt(bad_news()), WEEK) == "reminder"
    assert why(make_news(at=much_later), learnt(make_news()), WEEK) is None


def test_a_message_says_what_happened_and_what_to_do():
    told = message(bad_news(12), "changed")
    assert told.subject == "syncjob leads: 12 rows ended bad (exit 3)"
    assert told.opening == (
        "Job leads, account acme1: Finished, and some rows ended bad. This is new since the last message."
    )
    assert "Reason: 12 × There is no phone number in this row. Fill in the number." in told.text
    assert "Rows: Added 28 · Please fix 12" in told.text
    assert "Took: 48 requests in 2 min 11 s" in told.text
    assert "Results: /srv/results/20261121-0200-k3f9" in told.text


@pytest.mark.parametrize("code", [*EXITS, 77])
def test_every_ending_has_words(code: int):
    told = message(make_news(code), "changed")
    assert told.subject.startswith("syncjob leads: ")
    assert "{" not in told.text


@pytest.mark.parametrize("code", REASONS)
def test_every_reason_reads_well_without_its_detail(code: str):
    assert "{" not in message(make_news(4, codes=(code,)), "changed").text
    assert "{" not in message(bad_news(reason=code), "changed").text


def test_a_refusal_gives_its_figures_and_not_the_same_again():
    news = make_news(5, codes=("too_many_deletes",), refusals=("too_many_deletes: 40 of 100 (limits.deletes)",))
    told = message(news, "refused")
    assert told.subject == "syncjob leads: refused (exit 5)"
    assert told.text.count("too_many_deletes") == 1
    assert "Why:" not in told.text


def test_many_reasons_are_told_by_the_ten_largest():
    news = bad_news(reasons={code: at + 1 for at, code in enumerate(list(REASONS)[:14])})
    told = message(news, "changed").text
    assert told.count("Reason:") == 11
    assert "Reason: and 4 more" in told


def test_the_plain_body_has_everything_a_program_needs():
    told = json.loads(body(bad_news(), "changed", "json"))
    assert told | {"text": "", "subject": ""} == {
        "event": "changed", "job": "leads", "account": "acme1", "run_id": "20261121-0200-k3f9",
        "at": "2026-11-21T02:00:00+05:30", "exit_code": 3, "rows": 40, "bad_rows": 12,
        "counts": {"created": 28, "invalid": 12}, "reasons": {"number_missing": 12}, "codes": [], "requests": 48,
        "retries": 1, "seconds": 131.4, "results": "/srv/results/20261121-0200-k3f9", "text": "", "subject": "",
    }  # fmt: skip


def test_slack_gets_one_text_in_which_nothing_can_be_a_link_or_a_mention():
    told = json.loads(body(bad_news(refusals=("<!channel> & <http://x|y>",)), "changed", "slack"))
    assert set(told) == {"text"}
    assert told["text"].startswith("*syncjob leads: 12 rows ended bad (exit 3)*\n")
    assert "&lt;!channel&gt; &amp; &lt;http://x|y&gt;" in told["text"]


def test_teams_gets_an_adaptive_card_in_a_message():
    told = json.loads(body(bad_news(), "changed", "teams"))
    (card,) = told["attachments"]
    assert (told["type"], card["contentType"]) == ("message", "application/vnd.microsoft.card.adaptive")
    title, opening, facts = card["content"]["body"]
    assert (card["content"]["type"], title["text"]) == ("AdaptiveCard", "syncjob leads: 12 rows ended bad (exit 3)")
    assert opening["text"].startswith("Job leads, account acme1")
    assert {"title": "Run", "value": "20261121-0200-k3f9"} in facts["facts"]


@pytest.mark.parametrize("style", ["json", "slack", "teams"])
def test_every_style_is_json_whatever_a_name_holds(style: Style):
    assert json.loads(body(make_news(4, files="/srv/\udcff\"\n'<é"), "first", style))


def test_what_was_told_is_kept_and_comes_back(tmp_path: Path):
    told = {"webhook": learnt(bad_news()), "hand_off": learnt(bad_news(), "abc")}
    remember(tmp_path / "told" / "leads.json", told)
    assert recall(tmp_path / "told" / "leads.json") == told
    assert (tmp_path / "told" / "leads.json").stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize(
    "text", ["", "{", "[]", "7", '{"email": 7}', '{"email": {}}', '{"email": {"at": "x"}}',
             '{"email": {"at": "2026-11-21T02:00:00", "grounds": [], "bad": 1, "exit_code": 0, "rows": ""}}',
             '{"email": {"at": "2026-11-21T02:00:00+05:30", "grounds": 1, "bad": 1, "exit_code": 0, "rows": ""}}',
             '{"email": {"at": "2026-11-21T02:00:00+05:30", "grounds": [], "bad": "1", "exit_code": 0, "rows": ""}}'],
)  # fmt: skip
def test_a_damaged_memory_of_what_was_told_is_none(tmp_path: Path, text: str):
    path = tmp_path / "leads.json"
    path.write_text(text)
    assert recall(path) == {}
    assert recall(tmp_path / "nowhere.json") == {}


def test_told_knows_exit_code_grounds_and_bad_rows():
    news = bad_news(codes=("remote_unreachable",))
    assert learnt(news) == Told(3, frozenset({"number_missing", "remote_unreachable"}), 12, NIGHT)
