"""What no single setting can know: what a remote can't do, and settings that contradict each other.

What enters: a config whose single values are right. What leaves: problems. Each rule names the settings it rests on;
where one of those is already wrong, the rule is not asked, so nobody chases a problem that isn't there. Promised:
asking a remote for what it can't do is found here, before any request (CONTRACT 10).
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator

from syncjob.config import fields as f
from syncjob.config.fields import is_field, on_loopback
from syncjob.config.model import Config, canonical
from syncjob.config.problems import Problem, Where
from syncjob.model import Abilities
from syncjob.remotes import abilities_of

_Found = Iterator[tuple[Where, str]]


def _able(config: Config) -> Abilities:
    """What the kind of remote can do, as it says itself."""
    return abilities_of(config.remote.kind)


def unused(config: Config) -> tuple[str, ...]:
    """Settings that belong to another kind of remote: accepted, and said not to be used (CONTRACT 3)."""
    able = _able(config)
    given = (
        ("sync.instead_of_delete", config.sync.instead_of_delete, bool(able.instead_of_delete)),
        ("remote.list", config.remote.list, "list" in able.needs),
        ("remote.listing", config.remote.listing != "scan", bool(able.listing)),
        ("sync.fill_only", config.sync.fill_only, bool(set(able.fields) & set(f.CONTACT_FIELDS))),
    )
    return tuple(f"{name} is not used with {able.kind}." for name, said, used in given if said and not used)


def _needs(config: Config) -> _Found:
    for name in _able(config).needs:
        value = getattr(config.remote, name)
        if value is None or value == "":
            yield ("remote", name), f"is missing; {config.remote.kind} needs it."


def _address(config: Config) -> _Found:
    if not _able(config).address and config.remote.base_url and config.remote.region:
        yield ("remote", "base_url"), "and remote.region are both given; keep one."


def _mode(config: Config) -> _Found:
    able = _able(config)
    if config.sync.mode not in able.modes:
        yield ("sync", "mode"), f"{config.sync.mode} is not possible with {able.kind}, only {', '.join(able.modes)}."


def _remote_only(config: Config) -> _Found:
    kind, can = config.sync.remote_only.kind, _able(config).remote_only
    if kind not in can:
        yield (
            ("sync", "remote_only"),
            f"{kind} is not possible with {config.remote.kind}, only {', '.join(can)}.",
        )
    elif config.sync.mode == "delete" and kind in ("mark", "delete"):
        yield (
            ("sync", "remote_only"),
            f"{kind} contradicts sync.mode: delete, where the sheet lists what to remove; keep or report goes with it.",
        )


def _listing(config: Config) -> _Found:
    can = _able(config).listing
    if can and config.remote.listing not in can:
        yield (
            ("remote", "listing"),
            f"{config.remote.listing} is not possible with {config.remote.kind}, only {', '.join(can)}.",
        )


def _unread(config: Config) -> _Found:
    """`listing: none` reads nothing, so nothing may rest on what the remote holds (CONTRACT 6)."""
    if config.remote.listing != "none" or "none" not in _able(config).listing:
        return
    why = "remote.listing: none reads nothing"
    if config.sync.mode not in ("upsert", "create"):
        yield ("sync", "mode"), f"{config.sync.mode} needs a listing; {why}. Only upsert and create go without."
    if config.sync.remote_only.kind != "keep":
        yield ("sync", "remote_only"), f"{config.sync.remote_only.kind} needs a listing; {why}. Only keep goes without."
    if config.sync.fill_only:
        yield ("sync", "fill_only"), f"needs a listing; {why}."
    if config.unmapped == "custom_field":
        yield ("unmapped",), f"custom_field needs a listing; {why}. Only plain fields go without."
    for header, target in config.columns.items():
        if target.startswith("custom_field"):
            yield ("columns", header), f"custom_field needs a listing; {why}. Only plain fields go without."


def _instead(config: Config) -> _Found:
    able, way = _able(config), config.sync.instead_of_delete
    ways = ", ".join(able.instead_of_delete)
    if way and ways and way not in able.instead_of_delete:
        yield ("sync", "instead_of_delete"), f"{way} is not possible with {able.kind}, only {ways}."
    elif not way and config.sync.mode == "delete" and "delete" not in able.verbs and ways:
        yield ("sync", "instead_of_delete"), f"is missing: {able.kind} can't remove, but {ways}."


def _columns(config: Config) -> _Found:
    """One field, one column; and a custom field is either a value or a group of values."""
    first: dict[str, str] = {}
    for header, target in config.columns.items():
        if target == "ignore":
            continue
        for other, named in first.items():
            inside = target.startswith(f"{other}.") or other.startswith(f"{target}.")
            if target == other:
                yield ("columns", header), f"{target} is taken by {named}; set one of them to ignore."
            elif inside and "custom_field" not in (target, other):
                yield ("columns", header), f"{target} and {other} ({named}) can't both be set."
        first.setdefault(target, header)


def _protected(config: Config) -> _Found:
    for place, written in enumerate(config.sync.protect, start=1):
        if not is_field(written) and canonical(written, config.phone.default_region) is None:
            yield ("sync", "protect"), f"entry {place} is not a phone number that exists."


def _mail(config: Config) -> _Found:
    email, hand_off = config.notify.email, config.notify.hand_off
    if hand_off and not email:
        yield ("notify", "hand_off"), "needs notify.email, the server that sends the mail."
    if email and email.security == "none" and not on_loopback(email.host):
        yield ("notify", "email", "security"), "none is for a mail server on this machine only."
    if email and email.user and email.password is None:
        yield ("notify", "email", "password"), "is missing; notify.email.user is given."
    if email and not email.to and not hand_off:
        yield ("notify", "email", "to"), "is missing; somebody must get the mail."


def _webhook(config: Config) -> _Found:
    if config.notify.webhook and config.notify.webhook.url is None:
        yield ("notify", "webhook", "url"), "is missing."


def _addresses(config: Config) -> _Found:
    """Mail addresses, roughly: enough to catch a name where an address belongs."""
    lists: list[tuple[Where, tuple[str, ...]]] = []
    if config.notify.email:
        lists += [
            (("notify", "email", "to"), config.notify.email.to),
            (("notify", "email", "from"), (config.notify.email.sender,)),
        ]
    if config.notify.hand_off:
        lists.append((("notify", "hand_off", "to"), config.notify.hand_off.to))
    for where, addresses in lists:
        if any("@" not in address.strip("@") or any(c in address for c in "\r\n") for address in addresses):
            yield where, "must hold mail addresses."


_Rule = Callable[[Config], _Found]
_KIND: Where = ("remote", "kind")
_RULES: tuple[tuple[_Rule, tuple[Where, ...]], ...] = (
    (_address, (_KIND, ("remote", "region"), ("remote", "base_url"))),
    (_mode, (_KIND, ("sync", "mode"))),
    (_remote_only, (_KIND, ("sync", "mode"), ("sync", "remote_only"))),
    (_listing, (_KIND, ("remote", "listing"))),
    (_unread, (_KIND, ("remote", "listing"))),
    (_instead, (_KIND, ("sync", "instead_of_delete"))),
    (_columns, ()),
    (_protected, (("sync", "protect"), ("phone", "default_region"))),
    (_mail, (("notify", "email"), ("notify", "hand_off"))),
    (_webhook, (("notify", "webhook"),)),
    (_addresses, (("notify", "email"), ("notify", "hand_off"))),
)


def check(config: Config, *, need_remote: bool, wrong: Collection[Where] = ()) -> list[Problem]:
    """What is wrong between the settings of `config`.

    `need_remote`: credentials must be there, and so must the notify group's secrets. `wrong`: places known to be wrong.
    """

    def doubtful(where: Where) -> bool:
        return any(place[: len(where)] == where or where[: len(place)] == place for place in wrong)

    secrets_left_out = () if need_remote else (_webhook, _mail)
    rules = [rule for rule, rests in _RULES if rule not in secrets_left_out and not any(map(doubtful, rests))]
    if need_remote and not doubtful(_KIND):
        rules.append(_needs)
    found = [Problem(where, text) for rule in rules for where, text in rule(config)]
    return [problem for problem in found if not doubtful(problem.where)]
