"""Invented people for an emulated address book: the same ones every time, and plainly not real."""

from __future__ import annotations

from syncjob.emulator.wire import Object

FIRST = ("Asha", "Bhaskar", "Chitra", "Dev", "Esha", "Farhan", "Gauri", "Harish", "Ira", "Jatin", "Kavya", "Lalit")
LAST = ("Anand", "Bose", "Chauhan", "Das", "Fernandes", "Gupta", "Iyer", "Joshi", "Khan", "Menon", "Nair")
COMPANIES = ("Neem Traders", "Banyan Books", "Peepal Pumps", None, "Ashoka Autos")
TAGS = ("vip", None, "lead", "member")
CITIES = ("Pune", "Kochi", "Indore", "Mysuru", "Patna", "Shillong")
PLANS = ("basic", "plus", "family")


def invented(place: int) -> Object:
    """The `place`-th invented contact (numbers +9190000… upwards), some fields empty as in any address book."""
    first, last = FIRST[place % len(FIRST)], LAST[place // 3 % len(LAST)]
    custom: Object | None = {"city": CITIES[place % len(CITIES)], "plan": PLANS[place % len(PLANS)]}
    return {
        "number": f"+919{place:09d}",
        "first_name": first,
        "last_name": last if place % 9 else None,
        "company_name": COMPANIES[place % len(COMPANIES)],
        "email": f"{first.lower()}.{place}@example.com" if place % 7 else None,
        "tag": TAGS[place % len(TAGS)],
        "custom_field": custom if place % 4 == 0 else None,
    }
