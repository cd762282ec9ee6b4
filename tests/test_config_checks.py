"""Between settings: what a remote can't do, and what contradicts."""

from __future__ import annotations

import pytest

from syncjob.config import load, unused
from tests.builders_config import config, problems

DELETE = {"mode": "delete"}


@pytest.mark.parametrize(
    ("remote", "groups", "key"),
    [
        ({"kind": "exophones"}, {}, "sync.mode"),
        ({"kind": "exophones"}, {"sync": {**DELETE, "remote_only": "delete"}}, "sync.remote_only"),
        ({"kind": "exophones", "listing": "cached"}, {"sync": DELETE}, "remote.listing"),
        ({"kind": "sendme123"}, {"sync": {"mode": "upsert"}}, "sync.mode"),
        ({"kind": "sendme123"}, {"sync": {**DELETE, "remote_only": "report"}}, "sync.remote_only"),
        ({"kind": "exotel_list", "list": "x"}, {"sync": {"mode": "update"}}, "sync.mode"),
        ({"kind": "exotel_list", "list": "x"}, {"sync": {"remote_only": "mark:x"}}, "sync.remote_only"),
        ({"kind": "exotel_list", "list": "x", "listing": "none"}, {}, "remote.listing"),
        ({}, {"sync": {**DELETE, "remote_only": "delete"}}, "sync.remote_only"),
        ({"kind": "sendme123"}, {"sync": {**DELETE, "instead_of_delete": "hide"}}, "sync.instead_of_delete"),
        ({"region": "mumbai", "base_url": "https://x.example.com"}, {}, "remote.base_url"),
        ({"listing": "none"}, {"sync": {"mode": "update"}}, "sync.mode"),
        ({"listing": "none"}, {"sync": {"remote_only": "report"}}, "sync.remote_only"),
        ({"listing": "none"}, {"sync": {"fill_only": ["tag"]}}, "sync.fill_only"),
        ({"listing": "none"}, {"unmapped": "custom_field"}, "unmapped"),
        ({"listing": "none"}, {"columns": {"City": "custom_field.city"}}, "columns.City"),
        ({}, {"columns": {"Mobile": "number", "Phone": "number"}}, "columns.Phone"),
        ({}, {"columns": {"A": "custom_field.a", "B": "custom_field.a.b"}}, "columns.B"),
        ({}, {"sync": {"protect": ["12345"]}}, "sync.protect"),
        ({}, {"notify": {"hand_off": {"to": "a@b"}}}, "notify.hand_off"),
        ({}, {"notify": {"webhook": {}}}, "notify.webhook.url"),
        ({}, {"notify": {"email": {"host": "h", "from": "a@b"}}}, "notify.email.to"),
        ({}, {"notify": {"email": {"host": "h", "from": "a", "to": "c@d"}}}, "notify.email.from"),
        ({}, {"notify": {"email": {"host": "h", "from": "a@b", "to": "c"}}}, "notify.email.to"),
        ({}, {"notify": {"email": {"host": "h", "from": "a@b", "to": "c@d", "user": "u"}}}, "notify.email.password"),
        (
            {},
            {"notify": {"email": {"host": "h", "from": "a@b", "to": "c@d", "security": "none"}}},
            "notify.email.security",
        ),
    ],
)
def test_a_contradiction_is_found_before_any_request(
    remote: dict[str, object], groups: dict[str, object], key: str
) -> None:
    (said,) = problems(remote, **groups)
    assert said.startswith(f"{key}: ")
    assert said.endswith(".")


@pytest.mark.parametrize(
    ("remote", "sync"),
    [
        ({"kind": "exophones"}, DELETE),
        ({"kind": "sendme123", "listing": "none", "region": "mumbai"}, DELETE),
        ({"kind": "sendme123"}, {**DELETE, "instead_of_delete": "deactivate"}),
        ({"kind": "exotel_list", "list": 12}, {"remote_only": "delete"}),
        ({"list": "unused here", "listing": "none"}, {"mode": "create"}),
        ({}, {**DELETE, "instead_of_delete": "deactivate"}),
        ({"listing": "auto"}, {"remote_only": "mark:lapsed", "owned": "tag:ours"}),
    ],
)
def test_what_a_remote_can_do_is_taken(remote: dict[str, object], sync: dict[str, object]) -> None:
    assert config(remote, sync=sync).sync.mode


def test_settings_of_another_kind_of_remote_are_taken_and_said_to_be_unused() -> None:
    assert unused(config({"list": "Clinic"}, sync={"instead_of_delete": "deactivate"})) == (
        "sync.instead_of_delete is not used with exotel_contacts.",
        "remote.list is not used with exotel_contacts.",
    )
    sendme = config({"kind": "sendme123", "listing": "cached"}, sync={**DELETE, "fill_only": ["email"]})
    assert unused(sendme) == (
        "remote.listing is not used with sendme123.",
        "sync.fill_only is not used with sendme123.",
    )
    assert unused(config()) == ()


@pytest.mark.parametrize(
    ("kind", "missing"),
    [
        ("exotel_contacts", {"account_sid", "api_key", "api_token"}),
        ("exotel_list", {"account_sid", "api_key", "api_token", "list"}),
        ("exophones", {"account_sid", "api_key", "api_token"}),
        ("sendme123", {"api_key"}),
    ],
)
def test_each_kind_says_which_credentials_it_needs(kind: str, missing: set[str]) -> None:
    blank = {"kind": kind, "account_sid": "", "api_key": " ", "api_token": None}
    said = problems(blank, sync={"mode": "delete"})
    assert {line.split(":")[0] for line in said} == {f"remote.{name}" for name in missing}
    assert load({"remote": blank, "sync": {"mode": "delete"}}, env={}, need_remote=False).remote.kind == kind


def test_numbers_are_released_only_when_somebody_counted_them() -> None:
    assert config({"kind": "exophones"}, sync=DELETE).limits.deletes.count == 0
    counted = config({"kind": "exophones"}, sync=DELETE, limits={"deletes": {"count": 3}})
    assert (counted.limits.deletes.count, counted.limits.deletes.percent) == (3, 10)
    assert config().limits.deletes.count == 200
