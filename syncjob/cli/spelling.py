"""What a person types to approve removals that nobody can bring back: the numbers themselves, not how many there are.

Up to `TYPED` numbers are typed, every one. Of more, how many there are, the first and the last: who typed that has seen
the whole list. Spaces, dashes and plus signs don't count.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from syncjob.plans import Plan

TYPED = 5


def spelling(plan: Plan) -> tuple[str, str]:
    """The question, and the digits of the answer that approves."""
    numbers = [str(change.before.get("number") or change.number) for change in plan.changes("delete")]
    count = len(numbers)
    if count == 1:
        return "Type the number to give it up for good: ", digits(numbers[0])
    if count <= TYPED:
        return f"Type the {count} numbers, as listed above, to give them up for good: ", digits("".join(numbers))
    question = f"To give up {count:,} numbers for good, type {count}, then the first and the last of them: "
    return question, digits(f"{count}{numbers[0]}{numbers[-1]}")


def digits(text: str) -> str:
    """`text` without all that is typed one way or another."""
    return re.sub(r"[\s+().,;\-]", "", text).casefold()
