"""What is told of a run: one digest, in plain words, for the Summary sheet and the page alike."""

from datetime import UTC, datetime

from syncjob.results.digest import clock, digest, span
from tests.builders_results import IST, make_results, make_sample


def test_a_refusal_is_told_by_what_is_wrong_not_by_its_code():
    told = digest(make_sample(True, refusals=("too_many_deletes: 40 of 100 (limits.deletes).", "Something else: no.")))
    assert told.refusals == (
        "More contacts would be removed than allowed: 40 of 100 (limits.deletes).",
        "Something else: no.",
    )


def test_the_headline_says_who_has_to_do_what():
    told = digest(make_sample())
    assert told.headline == "27 of 40 rows are as they should be. 9 rows need you. 4 rows are left for us to finish."
    assert told.banner == "LIVE: what is shown here was done in Exotel."
    assert told.balance == "40 rows read, 40 accounted for"


def test_a_run_without_trouble_says_so_in_one_sentence():
    assert digest(make_results([["1", "", ""]], ["created"])).headline == "The row is as it should be."
    two = make_results([["1", "", ""], ["2", "", ""]], ["created", "unchanged"])
    assert digest(two).headline == "All 2 rows are as they should be."
    assert digest(make_results([], [])).headline == "There was nothing to do."


def test_a_dry_run_says_first_that_nothing_was_sent_and_what_would_be():
    told = digest(make_sample(dry_run=True))
    assert told.banner.startswith("DRY RUN: nothing was sent to Exotel.")
    assert told.headline.startswith("16 rows of 40 would be sent. 8 rows need you.")
    assert [line.word for line in told.counts if line.outcome == "planned"] == ["Would be added", "Would be changed"]
    assert not told.live


def test_a_refusal_tells_why_and_the_command_that_lifts_it():
    told = digest(make_sample(True, refusals=("300 would be removed.",), next_command="syncjob apply p --allow x@1"))
    assert told.banner == "REFUSED: nothing was sent to Exotel."
    assert told.refusals == ("300 would be removed.",)
    assert told.command == "syncjob apply p --allow x@1"


def test_reasons_are_grouped_with_the_first_rows_and_what_to_do():
    told = digest(make_sample())
    largest = told.fix[0]
    assert (largest.word, largest.count, largest.first) == ("Please fix", 2, (16, 19))
    assert largest.text == "The value has too few digits for a phone number. Add the missing digits."
    alone = next(line for line in told.fix if line.outcome == "rejected")
    assert alone.text == "Exotel refused it: email is not valid. Correct the row as Exotel asks."


def test_what_we_finish_ourselves_names_the_command():
    told = digest(make_sample())
    assert {line.outcome for line in told.ours} == {"failed", "unknown", "not_sent"}
    assert told.command == "syncjob resume 20261121-0200-k3f9"
    assert digest(make_sample(next_command="syncjob resume x")).command == "syncjob resume x"


def test_a_row_held_by_the_budget_is_ours_and_by_a_conflict_yours():
    held = [{"outcome": "held", "reason": reason} for reason in ("budget", "conflicting_rows")]
    told = digest(make_results([["1", "", ""], ["2", "", ""]], held))
    assert [line.count for line in told.ours] == [1]
    assert "Keep one row" in told.fix[0].text


def test_every_row_stands_in_the_counts_and_no_bad_row_is_missing_below():
    results = make_sample()
    told = digest(results)
    assert sum(line.count for line in told.counts) == 40
    bad = sum(count for code, count in results.counts.items() if code in {"invalid", "held", "rejected"})
    assert sum(line.count for line in told.fix) == bad


def test_about_leaves_out_what_there_is_nothing_to_say_of():
    labels = [label for label, _ in digest(make_results([["1", "", ""]], ["created"])).about]
    assert labels == ["File", "How Exotel was read", "Cost", "Started", "Account", "Task", "Run"]
    partial = dict(digest(make_sample(partial="A file named on the command line.", memory=False)).about)
    assert partial["Only part of the contacts"] == "A file named on the command line."
    assert "no memory" in partial["Memory"]


def test_times_and_durations_are_for_people():
    assert clock(datetime(2026, 11, 1, 2, 5, tzinfo=UTC)) == "1 Nov 2026, 02:05 UTC"
    assert clock(datetime(2026, 11, 1, 2, 5, tzinfo=IST)) == "1 Nov 2026, 02:05 UTC+05:30"
    assert [span(seconds) for seconds in (0.4, 59.6, 131, 11_109)] == ["0 s", "1 min 00 s", "2 min 11 s", "3 h 05 min"]


def test_a_run_that_ended_early_says_why():
    told = digest(make_results([["1", "", ""]], ["not_sent"], stopped="Exotel refused the credentials (401)."))
    assert told.headline.startswith("The run ended early: Exotel refused the credentials (401). 0 of 1 row")
