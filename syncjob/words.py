"""The one catalogue of words that people meet: outcomes, reasons and exit codes (CONTRACT 5, 7, 9).

`explain CODE` prints an entry; workbook, page and terminal take their sentences from here and nowhere else. A sentence
says what happened, then what to do, without jargon. `{detail}` stands for what only the case at hand knows.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass


@dataclass(frozen=True)
class Outcome:
    """An outcome of a row: its code, the plain word for people, what it means, and whether it counts as good."""

    code: str
    word: str
    meaning: str
    good: bool


@dataclass(frozen=True)
class Reason:
    """A reason code: what happened, and what to do about it."""

    code: str
    says: str
    do: str = ""


OUTCOMES: dict[str, Outcome] = {
    o.code: o
    for o in (
        Outcome("created", "Added", "The contact was added; the remote said so.", True),
        Outcome("updated", "Changed", "The contact was changed; the remote said so.", True),
        Outcome("deleted", "Removed", "The contact was removed; the remote said so.", True),
        Outcome("added", "Joined the list", "The contact joined the list.", True),
        Outcome("removed", "Left the list", "The contact left the list and stays in the address book.", True),
        Outcome("unchanged", "No change", "The remote already holds exactly this.", True),
        Outcome("skipped", "Left out", "Left out on purpose; nothing was sent.", True),
        Outcome("duplicate", "Same as another row", "Identical to an earlier row, which carries the outcome.", True),
        Outcome("planned", "Would be sent", "This is what a live run would do; nothing was sent.", True),
        Outcome("invalid", "Please fix", "The row could not be used. It was not sent.", False),
        Outcome("held", "On hold", "A check, a contradiction or a limit stopped it. It was not sent.", False),
        Outcome("rejected", "Refused", "The remote refused it.", False),
        Outcome("failed", "Will be retried", "Temporary trouble; all tries were used.", False),
        Outcome("unknown", "Being checked", "It may or may not have landed; resume settles it.", False),
        Outcome("not_sent", "Not sent", "The run ended before its turn.", False),
    )
}

REASONS: dict[str, Reason] = {
    r.code: r
    for r in (
        # rows (CONTRACT 4)
        Reason("number_missing", "There is no phone number in this row.", "Fill in the number."),
        Reason("number_invalid", "“{detail}” is not a phone number that exists.", "Correct the number."),
        Reason("number_too_short", "“{detail}” has too few digits for a phone number.", "Add the missing digits."),
        Reason("number_too_long", "“{detail}” has too many digits for a phone number.", "Remove the extra digits."),
        Reason(
            "number_damaged",
            "“{detail}” was damaged by a spreadsheet program: the last digits are lost.",
            "Type the full number again, in a column formatted as text.",
        ),
        Reason("number_extension", "“{detail}” carries an extension.", "Leave out the extension."),
        Reason("number_short_code", "“{detail}” is a short code, not a phone number.", "Use the full number."),
        Reason("number_no_digits", "“{detail}” holds no phone number.", "Fill in the number."),
        Reason("key_missing", "The cell that says which contact is meant is empty.", "Fill it in."),
        Reason("key_invalid", "“{detail}” can't be what the remote calls a contact.", "Copy it again from the remote."),
        Reason("row_damaged", "The line is damaged: {detail}.", "Repair the line in the file."),
        Reason("error_cell", "The cell holds an error ({detail}).", "Correct the formula or type the value."),
        Reason(
            "formula_without_value",
            "The cell holds a formula without a saved value.",
            "Open the file in a spreadsheet program and save it.",
        ),
        Reason(
            "custom_field_invalid",
            "“{detail}” is not a set of names and values in curly brackets.",
            "Correct it (a number of more than 18 digits needs quotation marks), or empty the cell.",
        ),
        Reason("not_a_contact", "This is a total, not a contact."),
        Reason("conflicting_rows", "Other rows have the same number but other details: {detail}.", "Keep one row."),
        Reason("identical_row", "Identical to {detail}."),
        Reason("superseded", "Another row with the same number was used: {detail}.", "Keep one row."),
        # diff (CONTRACT 3, 4, 7)
        Reason("ambiguous_remote", "Several contacts have this number: {detail}.", "Remove all but one in Exotel."),
        Reason("as_of", "It was last read on {detail}, and held exactly this then."),
        Reason("mode", "The job's mode ({detail}) leaves this out."),
        Reason(
            "protected",
            "A protected field or number would have changed: {detail}.",
            "If it should change after all, ask whoever looks after the settings.",
        ),
        Reason(
            "not_owned",
            "Not added by this job, so left alone.",
            "If it should follow your file, too, ask whoever looks after the settings.",
        ),
        Reason("claimed", "Another job names this contact: {detail}.", "Take it out of that job's sheet first."),
        Reason(
            "removed_remotely",
            "Somebody removed this contact from Exotel after this job had made it.",
            "Take the row out; or, to add it again, ask whoever looks after the settings.",
        ),
        Reason(
            "taken_off",
            "Somebody took this contact off the list after this job had put it on.",
            "Take the row out; or, to let it join again, ask whoever looks after the settings.",
        ),
        Reason("kept", "Not in your file, and kept there: the settings say never remove."),
        Reason(
            "reported",
            "Not in your file; the settings say to report it.",
            "Add it to your file, or remove it in Exotel.",
        ),
        Reason("unreadable_rows", "Kept, because {detail} of your rows have no readable number.", "Fix those rows."),
        Reason("twin_on_hold", "Kept, because the row with this number is on hold.", "Fix that row."),
        Reason(
            "remote_number_unreadable",
            "The number of this contact can't be read, so it is never removed.",
            "Correct the number in Exotel.",
        ),
        Reason("trial", "Left for later: this was a trial of the first rows.", "Run again without --first."),
        Reason("not_there", "There is no such contact to remove."),
        Reason("not_on_list", "It is not on the list."),
        Reason("contact_first", "The number was new to the address book, so the contact goes there first."),
        Reason("there_as_sent", "The first reply was lost; the contact is there, exactly as sent."),
        Reason("contact_unread", "It could not be read, so it was left alone: {detail}.", "Run again."),
        Reason("reviewers_no", "A reviewer did not approve it."),
        # sending (CONTRACT 8)
        Reason("refused_by_remote", "Exotel refused it: {detail}.", "Correct the row as Exotel asks."),
        Reason("exists_already", "It had been added by somebody else meanwhile."),
        Reason("edited_meanwhile", "Somebody else had changed it since it was last read: {detail}."),
        Reason("not_looked_at", "It was there already; what it held was not looked at."),
        Reason("already_gone", "It was gone already."),
        Reason("gone_meanwhile", "It was removed by somebody else meanwhile.", "Run again."),
        Reason(
            "stored_differently",
            "Stored, but not exactly as sent: {detail}.",
            "Check that what Exotel holds is right; it is not sent again until the sheet changes.",
        ),
        Reason("temporary_trouble", "Exotel had trouble: {detail}.", "Run syncjob resume."),
        Reason("reply_lost", "The reply never came.", "Run syncjob resume: it looks whether it landed."),
        Reason("reply_unclear", "The reply can't be matched to this row.", "Run syncjob resume."),
        Reason("release_accepted", "The release was accepted; the number is given up for good."),
        Reason(
            "pending_messages",
            "It still has messages waiting to go out, so it can't be removed.",
            "Wait until they are sent, or cancel them, then run again.",
        ),
        Reason(
            "changed_since_run",
            "Somebody changed it after that run, and what they changed stays: {detail}.",
            "Look at it in Exotel.",
        ),
        Reason("never_done", "That run did nothing to this contact, so there is nothing to undo."),
        Reason("no_before_image", "What it held before that run is not known.", "Put it right in Exotel by hand."),
        Reason(
            "number_taken",
            "It can't come back, because another contact has its number now: {detail}.",
            "Compare the two in Exotel.",
        ),
        Reason(
            "doubt_stays",
            "It is not known whether that run changed it.",
            "Run syncjob resume for that run, then undo it again.",
        ),
        Reason("cannot_empty", "Exotel takes no empty value, so it still holds: {detail}.", "Empty it in Exotel."),
        Reason("left_empty", "Exotel can't take a custom field away, so it stays, empty: {detail}."),
        Reason("changed_since_plan", "It was changed by somebody else after the plan was made.", "Make a new plan."),
        Reason("earlier_trouble", "Not removed, because something before it failed.", "Run syncjob resume."),
        Reason("run_ended", "The run ended before its turn: {detail}.", "Run syncjob resume."),
        Reason("budget", "It did not fit in this run's budget.", "It comes first in the next run."),
        # guards (CONTRACT 7)
        Reason("source_empty", "The source holds no contact.", "Check that it was saved with its rows."),
        Reason("source_old", "The source is older than allowed: {detail}.", "Ask for a new file."),
        Reason("source_shrank", "The source shrank: {detail}.", "Check that it is complete."),
        Reason(
            "source_unfamiliar",
            "Few of the last run's numbers are in this source: {detail}.",
            "Check that it is the right file.",
        ),
        Reason("column_vanished", "A column of the last run is gone: {detail}.", "Put it back, or approve the plan."),
        Reason(
            "column_changed_everywhere",
            "Nearly every contact would get another value in one column: {detail}.",
            "Check that the columns are in their places.",
        ),
        Reason("too_many_deletes", "More contacts would be removed than allowed: {detail}.", "Check the plan."),
        Reason("too_many_updates", "More contacts would be changed than allowed: {detail}.", "Check the plan."),
        Reason("too_many_creates", "More contacts would be added than allowed: {detail}.", "Check the plan."),
        Reason(
            "list_full",
            "The list would hold more than a list can: {detail}.",
            "Use a second list, or allow it when yours is a dynamic list, which holds more.",
        ),
        Reason("guard_refused", "A guard refused the plan: {detail}.", "Check the plan."),
        # runs (CONTRACT 9)
        Reason("internal_error", "An error of syncjob's own.", "Please report it with the log."),
        Reason("out_of_balance", "Rows and outcomes do not add up: {detail}.", "Please report it with the log."),
        Reason(
            "results_unwritable",
            "The results can't be written: {detail}.",
            "Make room or name another folder under results: dir, then run again.",
        ),
        Reason(
            "journal_damaged",
            "What syncjob keeps about its runs can't be read.",
            "Put the state folder back from a backup, or move it away: the next run then starts without memory.",
        ),
        Reason(
            "journal_unwritable",
            "The journal of the run can't be written, so nothing more was sent.",
            "Make room in the state folder, then run syncjob resume.",
        ),
        Reason(
            "state_unwritable",
            "The state folder can't be written.",
            "Make room, or name another folder under state: dir.",
        ),
        Reason("config_invalid", "The config is not right.", "Correct the lines named."),
        Reason("source_unreadable", "The source can't be read.", "Save it again, as .xlsx or .csv."),
        Reason("source_missing", "The source can't be found.", "Check the path."),
        Reason("source_unmapped", "A column that is needed can't be found.", "Name it under columns: in the config."),
        Reason("remote_unreachable", "The remote can't be reached.", "Check the network, then run again."),
        Reason("remote_refused", "The remote refused the credentials.", "Check key, token and region."),
        Reason("listing_incomplete", "The listing can't be proven complete, so nothing was sent.", "Run again."),
        Reason("locked", "Another run is at work on this account.", "Wait for it, or use --wait."),
        Reason("not_approved", "It was not approved.", "Answer yes, or use --yes."),
        Reason("interrupted", "The run was interrupted.", "Run syncjob resume."),
    )
}

PLANNED: dict[str, str] = {
    "create": "Would be added",
    "update": "Would be changed",
    "add": "Would join the list",
    "remove": "Would leave the list",
    "delete": "Would be removed",
}
"""What a `planned` row would become, by action."""

TO_DO: dict[str, str] = {
    "add": "to join the list",
    "remove": "to leave the list",
    "create": "to add",
    "update": "to change",
    "delete": "to remove",
}
"""What a plan says of its changes, by verb."""

GROUPS: dict[str, str] = {
    "Rows": "number_missing",
    "Differences": "ambiguous_remote",
    "Sending": "refused_by_remote",
    "Guards": "source_empty",
    "Runs": "internal_error",
}
"""The groups in which the reasons stand above: the title, and the code each begins with."""


def group_of(code: str) -> str:
    """The group of the reason `code`. Raises `KeyError` when there is no such reason."""
    titles = {first: title for title, first in GROUPS.items()}
    title = ""
    for known in REASONS:
        title = titles.get(known, title)
        if known == code:
            return title
    raise KeyError(code)


SLOT = "{detail}"
"""Where a sentence says what only the case at hand knows."""


def without_slot(text: str) -> str:
    """A sentence where nothing is known for its slot."""
    for gap in (f": {SLOT}", f" ({SLOT})"):
        text = text.replace(gap, "")
    for subject in (f"“{SLOT}”", SLOT):
        if text.startswith(subject):
            return "The value" + text.removeprefix(subject)
    return text.replace(SLOT, "some")


_STEERING = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f"  # control characters, but for tab and new line
    "\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff"  # direction, line ends of their own
    "\ud800-\udfff\U000e0000-\U000e007f]"  # half characters, invisible tags
)


def printable(text: str) -> str:
    """`text` as it may go to a terminal: what would steer it is shown as JSON escapes it, so JSON stays the same JSON.

    Joiners stay: names in Indian scripts need them.
    """
    return _STEERING.sub(lambda found: json.dumps(found[0])[1:-1], text)


def one_line(text: str) -> str:
    """`printable`, and no line but its own: nothing in a cell or a remote's answer can pass for a line of ours."""
    return printable(" ".join(re.split(r"[\r\n\t\v\f\u2028\u2029\x85]+", text)))
