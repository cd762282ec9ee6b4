"""The control path `POST /_sandbox/<what>`: what tests in the same process do by attribute, from another process.

What enters: a JSON body. What leaves: JSON. Bodies:

    switches   {switch: value, …}; {} only shows them
    faults     one rule or a list of rules by their fields; {"clear": true}
    rows       one row fault or a list: {"number", "code", "text", "times", "applied"}
    churn      one or a list: {"page", "delete", "add", "each"}
    seed       {"count": n} or {"contacts": [...]}; "per_second"
    lists      {"name", "members": [sids]}; {}: all lists with their members' numbers
    exophones  {"count": n} adds invented ones; shows all sids and numbers
    sendme123  {"count": n} adds invented contacts, {"pending": [ids]}; shows all contacts
    log        {} shows it; {"clear": true}
    dump       {"plain": true} leaves out sids and dates
    release    lets go of held replies
    reset      everything as at the start

Nonsense is answered 400 with {"error"}. Only `server` decides whether this path is served at all.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, TypeAlias, cast

import orjson

from syncjob.emulator.faults import Action, RowFault
from syncjob.emulator.wire import Object, Reply, Request

if TYPE_CHECKING:
    from syncjob.emulator.emulator import Emulator

PREFIX = "/_sandbox/"

Handler: TypeAlias = Callable[["Emulator", Object], object]


def control(emulator: Emulator, request: Request) -> Reply:
    """The reply to a request on the control path."""
    handler = _HANDLERS.get(request.path.removeprefix(PREFIX))
    if handler is None or request.method != "POST":
        return _json(404, {"error": f"POST {PREFIX} one of: {', '.join(_HANDLERS)}"})
    try:
        body = orjson.loads(request.body) if request.body else {}
        return _json(200, handler(emulator, body if isinstance(body, dict) else {"each": body}))
    except (ValueError, TypeError, AttributeError, KeyError) as wrong:
        return _json(400, {"error": f"{type(wrong).__name__}: {wrong}"})


def _json(status: int, value: object) -> Reply:
    return Reply(status, orjson.dumps(value))


def _each(body: Object) -> list[Object]:
    """The objects of a body that is one object, or was a list."""
    if "each" in body and isinstance(body["each"], list):
        return cast("list[Object]", body["each"])
    return [body] if body else []


def _switches(emulator: Emulator, body: Object) -> object:
    emulator.switches.set(body)
    return emulator.switches.show()


def _faults(emulator: Emulator, body: Object) -> object:
    if body.get("clear"):
        emulator.faults.clear()
    else:
        for facts in _each(body):
            emulator.faults.add(cast("Action", facts["action"]), **{k: v for k, v in facts.items() if k != "action"})
    return [{"action": rule.action, "seen": rule.seen, "fired": rule.fired} for rule in emulator.faults.rules]


def _rows(emulator: Emulator, body: Object) -> object:
    faults = [RowFault(**facts) for facts in _each(body)]  # type: ignore[arg-type]  # nonsense raises, and is answered
    return {"rows": len([emulator.faults.add_row(fault) for fault in faults])}


def _churn(emulator: Emulator, body: Object) -> object:
    changes = _each(body)
    for facts in changes:
        emulator.faults.before_page(**facts)  # type: ignore[arg-type]  # nonsense raises, and is answered
    return {"churn": len(changes)}


def _seed(emulator: Emulator, body: Object) -> object:
    wanted = body["contacts"] if "contacts" in body else body["count"]
    per_second = cast("int", body.get("per_second", 20))
    added = emulator.store.seed(cast("int | list[Object]", wanted), per_second=per_second)
    return {"added": len(added), "total": len(emulator.store)}


def _lists(emulator: Emulator, body: Object) -> object:
    """Make a list; without a name, all there are, with their members' numbers."""
    if "name" in body:
        return {"sid": emulator.lists.add(str(body["name"]), cast("list[str]", body.get("members", [])))}
    return [{"sid": sid, "members": emulator.lists.numbers(sid)} for sid in list(emulator.store.lists)]


def _exophones(emulator: Emulator, body: Object) -> object:
    emulator.exophones.seed(cast("int", body.get("count", 0)))
    return [{"sid": phone.sid, "number": phone.number} for phone in emulator.exophones.there()]


def _sendme123(emulator: Emulator, body: Object) -> object:
    emulator.sendme123.seed(cast("int", body.get("count", 0)))
    emulator.sendme123.pending.update(cast("list[str]", body.get("pending", [])))
    return list(emulator.sendme123.contacts.values())


def _log(emulator: Emulator, body: Object) -> object:
    shown = emulator.log.show()
    if body.get("clear"):
        emulator.log.clear()
    return shown


def _dump(emulator: Emulator, body: Object) -> object:
    return emulator.store.export(plain=bool(body.get("plain")))


def _release(emulator: Emulator, _body: Object) -> object:
    emulator.gate.release()
    return {}


def _reset(emulator: Emulator, _body: Object) -> object:
    emulator.reset()
    return {}


_HANDLERS: dict[str, Handler] = {
    "switches": _switches,
    "faults": _faults,
    "rows": _rows,
    "churn": _churn,
    "seed": _seed,
    "lists": _lists,
    "exophones": _exophones,
    "sendme123": _sendme123,
    "log": _log,
    "dump": _dump,
    "release": _release,
    "reset": _reset,
}
