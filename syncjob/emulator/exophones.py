"""The ExoPhones of the account: listed, read and released (v2_beta, an older family than the contacts).

What enters: a request, and the phone's sid. What leaves: an `Answer` without an envelope; refusals are RestExceptions.
A release is accepted (202) and takes effect after the switch `release_delay`; until then the phone is still shown, and
another release of it is accepted again. The page links name another host, as the samples do: they are not to be
followed. Numbers can't be bought here.
"""

from __future__ import annotations

import re
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from random import Random

from syncjob.emulator.envelope import Answer, Refused
from syncjob.emulator.switches import Switches
from syncjob.emulator.wire import Json, Object, Request

PAGE = 50
"""Phones on a page, unless `PageSize` says otherwise."""

ELSEWHERE = "http://twilix.exotel.com"

_SID = re.compile(r"[A-Za-z0-9]{4,64}", re.ASCII)


@dataclass
class Phone:
    """One number of the account. `ends`: when its release takes effect, Unix seconds; None: it is kept."""

    sid: str
    number: str
    name: str
    ends: float | None = None


class ExoPhones:
    """The phones' front, and their store. Safe under threads."""

    def __init__(self, account: str, switches: Switches, clock: Callable[[], float], seed: int) -> None:
        self._account = account
        self._switches = switches
        self._clock = clock
        self._seed = seed
        self._lock = threading.RLock()
        self.clear()

    def clear(self) -> None:
        """No phones; sids start over."""
        with self._lock:
            self._random = Random(self._seed)  # noqa: S311 - repeatable sids are the point
            self._phones: dict[str, Phone] = {}

    def seed(self, count: int) -> list[Phone]:
        """Add so many invented phones, at the end."""
        with self._lock:
            first = len(self._phones)
            return [self.add(f"+911140{place:06d}") for place in range(first, first + count)]

    def add(self, number: str, sid: str | None = None) -> Phone:
        """Add one phone."""
        with self._lock:
            phone = Phone(sid or f"{self._random.getrandbits(128):032x}", number, "0" + number.removeprefix("+91"))
            self._phones[phone.sid] = phone
            return phone

    def there(self) -> list[Phone]:
        """All phones that are still shown, in the order of adding."""
        with self._lock:
            now = self._clock()
            self._phones = {sid: each for sid, each in self._phones.items() if each.ends is None or each.ends > now}
            return list(self._phones.values())

    # -- calls -----------------------------------------------------------------------------------------------------

    def exophone_page(self, request: Request) -> Answer:
        """GET all: one page, without a total; only the last page has no next one."""
        size = _whole(request.query, "PageSize", PAGE) or PAGE
        place = 0 if self._switches.phone_pages == "ignored" else _whole(request.query, "Page", 0)
        phones = self.there()
        part = phones[place * size : (place + 1) * size]
        body: Object = {
            "page": place,
            "page_size": size,
            "uri": self._link(place, size),
            "first_page_uri": self._link(0, size),
            "next_page_uri": self._link(place + 1, size) if len(phones) > (place + 1) * size else None,
            "previous_page_uri": self._link(place - 1, size) if place else None,
            "incoming_phone_numbers": [_shown(phone) for phone in part],
        }
        return Answer(200, body, shape="flat")

    def exophone_read(self, _request: Request, sid: str) -> Answer:
        """GET one: as on a page, and where its calls and messages go."""
        urls: Object = {"voice_url": f"http://my.exotel.com/{self._account}/exoml/start_voice/1", "sms_url": None}
        return Answer(200, {**_shown(self._find(sid)), **urls}, shape="flat")

    def exophone_release(self, _request: Request, sid: str) -> Answer:
        """DELETE one: accepted, for good."""
        with self._lock:
            phone = self._find(sid)
            fresh = phone.ends is None
            if phone.ends is None:
                phone.ends = self._clock() + self._switches.release_delay
        return Answer(202, {"Status": 202, "Message": "Accepted"}, applied=int(fresh), shape="flat")

    # -- inside ----------------------------------------------------------------------------------------------------

    def _find(self, sid: str) -> Phone:
        if not _SID.fullmatch(sid):
            raise Refused(1002)
        for phone in self.there():
            if phone.sid == sid:
                return phone
        raise Refused(1000)

    def _link(self, place: int, size: int) -> str:
        return f"{ELSEWHERE}/v2_beta/Accounts/{self._account}/IncomingPhoneNumbers?Page={place}&PageSize={size}"


def _shown(phone: Phone) -> Object:
    capabilities: Json = {"voice": True, "sms": True}
    return {
        "sid": phone.sid,
        "phone_number": phone.number,
        "friendly_name": phone.name,
        "capabilities": capabilities,
        "country": "IN",
        "region": "DL",
    }


def _whole(query: Mapping[str, str], name: str, default: int) -> int:
    text = query.get(name, str(default))
    if not (text.isascii() and text.isdigit() and len(text) < 9):
        raise Refused(1002)
    return int(text)
