"""The query of a listing call: limit, offset, order and filters."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from syncjob.emulator.envelope import Refused
from syncjob.emulator.store import Order
from syncjob.emulator.switches import Switches

PAGE = 20
"""Default and maximum of `limit`."""

ORDERS: dict[str, Order] = {"": "created", "date_created:asc": "created", "name:asc": "name"}


@dataclass(frozen=True)
class Window:
    """Which part of which listing is asked for."""

    offset: int
    limit: int
    order: Order
    name: str
    lists: tuple[str, ...]


def read_window(query: Mapping[str, str], switches: Switches) -> Window:
    """The window that a query asks for; `Refused` (1002) for what can't be read. `filter` is tolerated, unused."""
    limit = _whole(query, "limit", PAGE, 1, switches)
    if limit > PAGE and switches.limit_over == "refuse":
        raise Refused(1002, f"limit can not be more than {PAGE}")
    order = ORDERS.get(query.get("sort_by", ""))
    if order is None:
        raise Refused(1002, "Invalid sort_by")
    lists = tuple(sid.strip() for sid in query.get("list_sids", "").split(",") if sid.strip())
    return Window(_whole(query, "offset", 0, 0, switches), min(limit, PAGE), order, query.get("name", ""), lists)


def _whole(query: Mapping[str, str], name: str, default: int, least: int, switches: Switches) -> int:
    text = query.get(name)
    if text is None:
        return default
    if text.isascii() and text.isdigit() and len(text) < 19 and int(text) >= least:
        return int(text)
    if switches.bad_paging == "ignore":
        return default
    raise Refused(1002, f"Invalid {name}")
