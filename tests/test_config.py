"""The config as a whole: defaults, places, problems, secrets."""

from __future__ import annotations

import subprocess
import sys
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from syncjob.config import Config, find, load, restored
from syncjob.config.fields import CONTACT_FIELDS
from syncjob.errors import ConfigError
from tests.builders_config import CREDENTIALS, ENV, config, problems, told, written


def test_the_defaults_are_those_of_the_contract() -> None:
    made = config()
    remote, source, sync, limits = made.remote, made.source, made.sync, made.limits
    assert (remote.kind, remote.region, remote.rate, remote.concurrency) == ("exotel_contacts", "mumbai", "auto", 8)
    assert (remote.timeout, remote.listing, remote.max_age, remote.refresh) == (60, "scan", timedelta(days=7), 0)
    assert (source.files, source.pick, source.wait, source.settle, source.max_age) == ((), "all", 0, 10, None)
    assert (source.sheet, source.header_row, source.encoding, source.delimiter) == (None, "auto", "auto", "auto")
    assert (sync.mode, sync.remote_only, sync.owned) == ("upsert", ("keep", ""), ("created", ""))
    assert (sync.gone, sync.blank, sync.conflict, sync.protect, sync.fill_only) == ("skip", "keep", "hold", (), ())
    assert (sync.batch_size, sync.instead_of_delete) == (5000, None)
    assert (limits.deletes.percent, limits.deletes.count, limits.deletes.over) == (10, 200, "refuse")
    assert (limits.updates.percent, limits.creates.count, limits.creates.factor) == (50, 10_000, 5)
    assert (limits.shrink, limits.familiar, limits.column_change, limits.unreadable) == (20, 50, 80, 0)
    assert (limits.bad_rows, limits.plan_age) == ((0, False), timedelta(hours=72))
    assert (limits.requests, limits.minutes) == (None, None)
    assert (made.unmapped, made.phone.default_region, dict(made.columns)) == ("ignore", "IN", {})
    assert (made.results.mask, made.results.keep_days, made.state.history_days) == (False, 90, 730)
    assert (made.metrics_file, made.job) == (None, "job")


def test_all_problems_come_at_once_each_with_its_line_and_the_nearest_name(tmp_path: Path) -> None:
    text = (
        "remote:\n  kind: exotel_contact\n  account_sid: acme1\n  api_tokn: hush\n  api_key: key\n"
        "sync: {mode: upset, batch_size: 9000}\nconcurrency: 3\nlimits:\n  updates: {percnt: 5}\n  shrink: lots\n"
    )
    said = told(written(tmp_path, text))
    assert said == (
        'config.yaml:2: remote.kind: "exotel_contact" is not one of exotel_contacts, exotel_list, exophones, '
        "sendme123. Did you mean exotel_contacts?",
        "config.yaml:4: remote.api_tokn: is not a setting. Did you mean remote.api_token?",
        'config.yaml:6: sync.batch_size: "9000" must be at most 5000.',
        'config.yaml:6: sync.mode: "upset" is not one of upsert, create, update, delete. Did you mean upsert?',
        "config.yaml:7: concurrency: is not a setting here. Did you mean remote.concurrency?",
        "config.yaml:9: limits.updates.percnt: is not a setting. Did you mean limits.updates.percent?",
        'config.yaml:10: limits.shrink: "lots" must be a percentage from 0 to 100.',
    )


def test_in_a_mapping_the_key_is_named() -> None:
    assert problems({"timeout": -1}, sync={"fill_only": ["tga"]}) == (
        'remote.timeout: "-1" must not be below 0.',
        "sync.fill_only: the value must name contact fields: first_name, last_name, company_name, email, tag, "
        "custom_field. Did you mean tag?",
    )


def test_what_rests_on_a_wrong_setting_is_not_reported_as_well() -> None:
    said = problems({"kind": "exophones"}, sync={"mode": "delet"})
    assert len(said) == 1
    assert "Did you mean delete?" in said[0]


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("just words", "must be lines such as job"),
        ("- a\n- b", "must be lines such as job"),
        ("remote: api_key:hush", "must be a group of settings"),
        ("columns: [a]", "such as Mobile: number"),
        ("job: a/b", "short name"),
        ("source: {files: [1, [2]]}", "must be a text"),
        ("remote: {hush:more}", "no setting"),
        ("notify: {email: {port: 25}}", "notify.email.host: is missing"),
    ],
)
def test_another_shape_is_explained_without_the_value(tmp_path: Path, text: str, says: str) -> None:
    said = " ".join(told(written(tmp_path, text)))
    assert says in said
    assert "hush" not in said


def test_a_mapping_that_holds_itself_is_told_so() -> None:
    circle: dict[str, object] = {}
    circle["remote"] = circle
    with pytest.raises(ConfigError, match="nested too deeply"):
        load(circle, env={})
    with pytest.raises(ConfigError, match="no text"):
        load({"remote": {1: 2}}, env={}, need_remote=False)


def test_an_empty_group_is_a_group_with_defaults(tmp_path: Path) -> None:
    made = load(written(tmp_path, CREDENTIALS + "source:\ncolumns:\nlimits:\nnotify:\n"), env=ENV)
    assert made.limits == config().limits


def test_the_job_is_named_after_the_file(tmp_path: Path) -> None:
    assert load(written(tmp_path, CREDENTIALS, "leads (new).yaml"), env=ENV).job == "leads -new-"
    assert load(written(tmp_path, CREDENTIALS + "job: nightly", "x.yaml"), env=ENV).job == "nightly"


def test_paths_start_where_the_config_lies(tmp_path: Path) -> None:
    folder = tmp_path / "jobs [1]"
    folder.mkdir()
    text = CREDENTIALS + "source: {files: [in/*.csv, one.csv, /abs/x.csv]}\nmetrics_file: m.prom\nresults:\n"
    made = load(written(folder, text), env=ENV)
    assert made.results.dir == folder / "results"
    assert made.metrics_file == folder / "m.prom"
    assert made.source.files == (f"{tmp_path}/jobs [[]1]/in/*.csv", f"{folder}/one.csv", "/abs/x.csv")
    assert load(written(folder, CREDENTIALS), env=ENV).results.dir == folder / "results"


def test_the_state_folder_is_the_environments_then_the_configs_then_the_users(tmp_path: Path) -> None:
    path = written(tmp_path, CREDENTIALS + "state: {dir: memory}")
    assert load(path, env={**ENV, "SYNCJOB_STATE_DIR": "/elsewhere"}).state_dir == Path("/elsewhere")
    assert load(path, env=ENV).state_dir == tmp_path / "memory"
    assert load(written(tmp_path, CREDENTIALS), env={**ENV, "XDG_STATE_HOME": "/home/s"}).state_dir == Path(
        "/home/s/syncjob"
    )


def test_the_config_is_found_in_the_order_of_the_contract(tmp_path: Path) -> None:
    user, cwd = tmp_path / "xdg" / "syncjob", tmp_path / "cwd"
    for folder in (user, cwd):
        folder.mkdir(parents=True)
        written(folder, "")
    other, env = written(tmp_path, "", "other.yaml"), {"XDG_CONFIG_HOME": str(tmp_path / "xdg")}
    assert find(other, {"SYNCJOB_CONFIG": "/gone"}) == other
    assert find(None, {**env, "SYNCJOB_CONFIG": str(other)}, cwd) == other
    assert find(None, env, cwd) == cwd / "config.yaml"
    (cwd / "config.yaml").unlink()
    assert find(None, env, cwd) == user / "config.yaml"


def test_no_config_anywhere_says_where_it_looked(tmp_path: Path) -> None:
    env = {"XDG_CONFIG_HOME": str(tmp_path)}
    with pytest.raises(ConfigError, match=r"looked at .*config\.yaml.*/etc/syncjob/config\.yaml.*syncjob init"):
        find(None, env, tmp_path)
    with pytest.raises(ConfigError, match="SYNCJOB_CONFIG"):
        find(None, {"SYNCJOB_CONFIG": str(tmp_path / "gone.yaml")})
    with pytest.raises(ConfigError, match="is a folder"):
        load(tmp_path, env={})


@pytest.mark.parametrize("held", [b"\xff\xfej\x00", b"x" * 2_000_000])
def test_a_file_that_is_no_config_gets_one_clear_sentence(tmp_path: Path, held: bytes) -> None:
    (tmp_path / "c.yaml").write_bytes(held)
    with pytest.raises(ConfigError, match=r"not UTF-8|too big"):
        load(tmp_path / "c.yaml", env={})


def test_secrets_are_nowhere_to_be_seen() -> None:
    email = {"host": "mail.example.com", "user": "u", "password": "pass-hush", "from": "a@b", "to": "c@d"}
    made = config(
        notify={"email": email, "webhook": "https://hooks.example.com/hush", "ping": "https://hc-ping.com/hush"}
    )
    assert made.remote.api_key is not None
    assert made.remote.api_key.get_secret_value() == "key-hush"
    for shown in (repr(made), str(made), str(made.public()), made.model_dump_json()):
        assert "hush" not in shown


def test_what_the_journal_keeps_becomes_the_config_again_with_the_secrets_of_now() -> None:
    now = config({"timeout": 5}, notify={"webhook": "https://hooks.example.com/hush"})
    then = config({"timeout": 7}, sync={"remote_only": "mark:$${x}", "protect": ["tag", "+919876543210"]})
    back = restored(then.public(), now)
    assert back.public() == then.public()
    assert back.remote.timeout == 7
    assert back.remote.api_token == now.remote.api_token
    with pytest.raises(ConfigError, match="another version"):
        restored({"remote": {"colour": "red"}}, now)


def test_a_config_never_changes_and_is_taken_as_it_is() -> None:
    made = config()
    assert load(made, env={}) is made
    with pytest.raises(ValidationError):
        made.remote.timeout = 1  # type: ignore[misc]
    with pytest.raises(ConfigError, match=r"remote\.api_key"):
        load(load({}, env={}, need_remote=False), env={})


def test_the_addresses_follow_from_kind_and_region() -> None:
    assert config().remote.url == "https://api.in.exotel.com"
    assert config({"region": "singapore"}).remote.url == "https://api.exotel.com"
    local = config({"base_url": "http://127.0.0.1:8080/"}).remote
    assert (local.url, local.identity) == ("http://127.0.0.1:8080", "127.0.0.1:8080/acme1")
    made = load({"remote": {"kind": "sendme123", "api_key": "k"}, "sync": {"mode": "delete"}}, env={})
    assert (made.remote.url, made.remote.account) == ("https://app.sendme123.com", "sendme123")


@pytest.mark.parametrize(
    ("url", "says"),
    [
        ("http://api.exotel.com", "this machine only"),
        ("http://127.0.0.1.evil.example", "this machine only"),
        ("http://localhost@evil.example", "user or a password"),
        ("https://k:t@api.exotel.com", "user or a password"),
        ("ftp://127.0.0.1", "begins with https"),
        ("https://", "begins with https"),
        ("https://a b", "begins with https"),
        ("https://a?b=c", "without ?"),
        ("http://[::1", "not an address"),
    ],
)
def test_an_address_that_is_not_safe_is_refused(url: str, says: str) -> None:
    (said,) = problems({"base_url": url})
    assert says in said


@pytest.mark.parametrize(
    "url", ["http://localhost:8080", "http://127.8.9.1", "http://[::1]:80", "https://proxy.example.com"]
)
def test_an_address_on_loopback_or_with_tls_is_taken(url: str) -> None:
    assert config({"base_url": url}).remote.url == url


def test_one_ping_address_stands_for_three() -> None:
    ping = config(notify={"ping": "https://hc-ping.com/key/slug?create=1"}).notify.ping
    assert ping is not None
    assert ping.start is not None
    assert ping.failure is not None
    assert ping.start.get_secret_value() == "https://hc-ping.com/key/slug/start?create=1"
    assert ping.failure.get_secret_value() == "https://hc-ping.com/key/slug/{exit_code}?create=1"


def test_protected_numbers_are_e164_whatever_way_they_are_written() -> None:
    made = config(sync={"protect": ["tag", "098765 43210", 919876543211]}, phone={"default_region": "in"})
    assert made.sync.protected_fields == ("tag",)
    assert made.protected_numbers == {"+919876543210", "+919876543211"}


def test_norway_is_a_country(tmp_path: Path) -> None:
    made = load(written(tmp_path, CREDENTIALS + "phone: {default_region: NO}\nsource: {sheet: 2026}"), env=ENV)
    assert (made.phone.default_region, made.source.sheet) == ("NO", "2026")


def test_the_fields_are_those_of_the_frames() -> None:
    from syncjob.schema import FIELDS

    assert CONTACT_FIELDS == FIELDS


def test_importing_the_config_is_cheap() -> None:
    code = "import sys, syncjob.config; print(sorted({'pandas', 'requests', 'phonenumbers'} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


_KEYS = st.sampled_from(
    ["remote", "sync", "mode", "limits", "deletes", "columns", "notify", "email", "x", "files", "job"]
)
_LEAVES = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=6)


@given(st.recursive(_LEAVES, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(_KEYS, inner, max_size=4)))
def test_whatever_is_given_the_answer_is_a_config_or_sentences(value: object) -> None:
    try:
        made = load({"sync": value, "limits": value, "notify": value, "columns": value}, env={}, need_remote=False)
    except ConfigError as error:
        told_all = all(error.problems)
    else:
        told_all = isinstance(made, Config)
    assert told_all
