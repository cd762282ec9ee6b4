"""What code never does, whom it trusts, and what strangers' text can't do to a terminal, a log or a file."""

from __future__ import annotations

import ast
import datetime
import ipaddress
import json
import re
import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from hypothesis import given
from hypothesis import strategies as st

from syncjob.emulator import Emulator
from syncjob.errors import CallFailed
from syncjob.transport import Auth, Transport
from syncjob.words import one_line, printable
from tests.builders_code import HOUSE, trees
from tests.journey.builders import Desk, people, person

# -- what code never does ------------------------------------------------------------------------------------------

FORBIDDEN_CALLS = {"eval", "exec", "compile", "__import__", "os.system", "os.popen"}
FORBIDDEN_NAMES = {
    *("yaml.load", "yaml.load_all", "yaml.unsafe_load", "yaml.full_load", "yaml.Loader", "yaml.UnsafeLoader"),
    *("yaml.FullLoader", "pd.read_pickle", "ssl._create_unverified_context", "ssl.CERT_NONE"),
}
FORBIDDEN_IMPORTS = {"pickle", "cPickle", "dill", "marshal", "shelve", "joblib", "imp", "telnetlib", "ftplib"}
TRUSTFUL = {"verify", "check_hostname", "verify_mode", "trust_env", "allow_redirects", "shell", "allow_pickle"}
"""Settings that may be switched to the safe side only; `trust_env` and `allow_redirects` are safe when off."""
SAFE = {"verify": True, "check_hostname": True, "trust_env": False, "allow_redirects": False, "shell": False}


def faults_of(tree: ast.AST) -> Iterator[str]:
    """What a file does that no file may."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and ast.unparse(node.func) in FORBIDDEN_CALLS:
            yield f"{node.lineno}: {ast.unparse(node.func)}()"
        if isinstance(node, ast.Attribute) and ast.unparse(node) in FORBIDDEN_NAMES:
            yield f"{node.lineno}: {ast.unparse(node)}"
        if isinstance(node, ast.Import | ast.ImportFrom):
            names = {name.name for name in node.names} | {getattr(node, "module", None) or ""}
            yield from (f"{node.lineno}: import {n}" for n in names if n.split(".")[0] in FORBIDDEN_IMPORTS)
        yield from _switches(node)


def _switches(node: ast.AST) -> Iterator[str]:
    """Constants given to a setting that says whom to trust."""
    given: list[tuple[str, ast.expr]] = []
    if isinstance(node, ast.keyword) and node.arg:
        given = [(node.arg, node.value)]
    elif isinstance(node, ast.Assign):
        given = [(t.attr, node.value) for t in node.targets if isinstance(t, ast.Attribute)]
    for name, value in given:
        if name in TRUSTFUL and isinstance(value, ast.Constant) and value.value is not SAFE.get(name):
            yield f"{value.lineno}: {name} = {value.value}"


def test_no_code_is_made_of_data_and_no_trust_is_switched_off() -> None:
    found = [f"{path.relative_to(HOUSE)}:{fault}" for path, tree in trees() for fault in faults_of(tree)]
    assert found == []


BAD = """
eval(x)
import pickle
from pickle import loads
yaml.load(x)
s.verify = False
f(verify=False)
run(c, shell=True)
get(u, allow_redirects=True)
c.check_hostname = False
ssl.CERT_NONE
"""


@pytest.mark.parametrize("bad", BAD.strip().splitlines())
def test_the_search_finds_what_it_looks_for(bad: str) -> None:
    assert list(faults_of(ast.parse(bad))) != []


def test_every_yaml_loader_is_a_safe_one() -> None:
    for path, tree in trees():
        for node in ast.walk(tree):
            if isinstance(node, ast.ClassDef):
                bases = {ast.unparse(base) for base in node.bases}
                assert not any("Loader" in base and "Safe" not in base for base in bases), f"{path}:{node.lineno}"


def test_everything_printed_goes_through_one_door() -> None:
    for path, tree in trees():
        inside = path.relative_to(HOUSE)
        if inside.parts[0] != "cli" or inside.name == "lines.py":
            continue
        for node in ast.walk(tree):
            if not isinstance(node, ast.Call):
                continue
            name = ast.unparse(node.func)
            assert name not in ("click.echo", "print", "sys.stdout.write", "sys.stderr.write"), (
                f"{inside}:{node.lineno}"
            )
            if name in ("click.prompt", "click.confirm") and isinstance(node.args[0], ast.JoinedStr):
                holes = [ast.unparse(v.value) for v in node.args[0].values if isinstance(v, ast.FormattedValue)]
                assert all(re.fullmatch(r"\w+|len\(\S+\)", hole) for hole in holes), f"{inside}:{node.lineno}"


# -- whom it trusts ------------------------------------------------------------------------------------------------


def certificate(folder: Path) -> Path:
    """Key and certificate of 127.0.0.1, signed by itself, in one file."""
    key, now = ec.generate_private_key(ec.SECP256R1()), datetime.datetime.now(datetime.UTC)
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "localhost")])
    made = x509.CertificateBuilder(name, name, key.public_key(), 1, now, now + datetime.timedelta(days=2))
    names = x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))])
    made = made.add_extension(names, critical=False)
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    path = folder / "server.pem"
    path.write_bytes(private + made.sign(key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM))
    return path


@contextmanager
def listening(pem: Path) -> Iterator[tuple[int, list[bytes]]]:
    """A TLS server that answers {} to everything: its port, and what it heard."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(pem)
    heard: list[bytes] = []
    with socket.create_server(("127.0.0.1", 0)) as server:

        def serve() -> None:
            while True:
                try:
                    plain, _ = server.accept()
                except OSError:
                    return
                try:
                    with context.wrap_socket(plain, server_side=True) as wire:
                        heard.append(wire.recv(65536))
                        wire.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\n{}")
                except OSError:
                    plain.close()

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        yield server.getsockname()[1], heard
        server.shutdown(socket.SHUT_RDWR)
        thread.join(5)


def asked(port: int, host: str = "127.0.0.1") -> object:
    auth = Auth.basic("a-key-of-ours", "a-token-of-ours")
    transport = Transport(f"https://{host}:{port}", auth, rate=None, sleep=lambda _s: None, timeout=5)
    try:
        return transport.call("GET", "/x", repeat=True).json
    finally:
        transport.close()


def test_a_certificate_that_nobody_vouches_for_is_refused_and_hears_no_request(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pem = certificate(tmp_path)
    with listening(pem) as (port, heard):
        for quiet in ({}, {"PYTHONHTTPSVERIFY": "0"}, {"REQUESTS_CA_BUNDLE": "", "CURL_CA_BUNDLE": ""}):
            for name, value in quiet.items():
                monkeypatch.setenv(name, value)
            with pytest.raises(CallFailed, match="certificate is not trusted"):
                asked(port)
        assert heard == []
        monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(pem))  # said aloud: this one is trusted
        assert asked(port) == {}
        assert len(heard) == 1


def test_a_certificate_for_another_name_is_refused_and_hears_no_request(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pem = certificate(tmp_path)
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(pem))
    with listening(pem) as (port, heard):
        with pytest.raises(CallFailed, match="certificate is not trusted"):
            asked(port, "localhost")
        assert heard == []


def test_a_job_that_is_sent_elsewhere_takes_no_credentials_there(tmp_path: Path) -> None:
    with Emulator() as remote, Emulator() as other:
        desk = Desk(tmp_path, remote)
        desk.config()
        for status in (301, 307):
            remote.faults.add("redirect", call="page", status=status, url=f"{other.url}/v2/accounts/x/contacts")
            said = desk("run", desk.sheet(people(range(2))), "--yes")
            assert (said.code, remote.log.writes()) == (6, [])
            assert "sends us elsewhere" in said.err
        assert len(other.log) == 0


def test_credentials_that_a_reply_echoes_are_read_without_them() -> None:
    auth = Auth.basic("a-key/of-ours", 'a-token"of-ours')
    echo = json.dumps({"said": auth.value, "token": 'a-token"of-ours', "key": "a-key/of-ours"}).encode()
    assert json.loads(auth.hushed(echo)) == {"said": "[secret]", "token": "[secret]", "key": "[secret]"}
    assert auth.hushed(b'"a-key\\/of-ours"') == b'"[secret]"'
    assert Auth.basic("a", "b").hushed(b"a and b") == b"a and b"


# -- what strangers' text can't do -----------------------------------------------------------------------------------

STEERING = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff]")


@given(st.text(st.characters()))
def test_what_is_printed_can_not_steer_a_terminal_and_json_stays_the_same(text: str) -> None:
    assert not STEERING.search(printable(text))
    assert json.loads(printable(json.dumps({"a": text}, ensure_ascii=False))) == {"a": text}
    assert len(one_line(text).splitlines()) <= 1
    assert not STEERING.search(one_line(text))


def test_names_keep_the_joiners_that_they_need() -> None:
    assert printable("ക്‍ श्‌ आशा") == "ക്‍ श्‌ आशा"
    assert one_line("two\nlines\tand\r\nmore") == "two lines and more"


EVIL = "\x1b]0;owned\x07\x1b[2J\x9b31m\u202e"
FORGED = "LIVE · forged · exit 0"
FORMULA = '=HYPERLINK("http://x.example","click")'


def evil_job(desk: Desk) -> list[str]:
    """Everything that commands say of a job where sheet, file name and remote are hostile."""
    desk.config(sync={"remote_only": "report"})
    desk.seed(person(1, first_name=f"{EVIL}\n{FORGED}", tag=FORMULA), person(7, first_name=f"{FORMULA}{EVIL}"))
    desk.remote.faults.refuse(person(2)["number"], f"{EVIL}\n{FORGED}\r{FORMULA}")
    rows = [person(1, first_name=f"Asha{EVIL}\n{FORGED}"), person(2), {"number": f"9{EVIL}\n{FORGED}"}]
    sheet = desk.sheet(rows, f"evil{EVIL[:-1]}\n{FORGED}.csv", header=["number", "first_name", "tag"])
    nameless = desk.sheet([{f"a{EVIL}\n{FORGED}": "b"}], "nameless.csv")
    commands = [("check", sheet), ("check", nameless), ("run", sheet, "--dry-run", "-v"), ("run", sheet, "--yes", "-v")]
    commands += [("run", sheet, "--yes", "--log-format", "json", "-v"), ("run", f"{sheet}-not-there", "--yes")]
    commands += [("history", "show", person(1)["number"]), ("verify",), ("run", sheet, "--dry-run", "--json")]
    return [text for command in commands for said in [desk(*command)] for text in (said.out, said.err)]


def test_neither_sheet_nor_file_name_nor_remote_reaches_the_terminal_raw(tmp_path: Path) -> None:
    with Emulator() as remote:
        desk = Desk(tmp_path, remote)
        said = evil_job(desk)
        assert "\\u001b" in "".join(said)  # it was shown, harmlessly
        for text in said:
            assert not STEERING.search(text), text
            assert not any(line.strip().startswith(FORGED) for line in text.splitlines()), text
        made = list(desk.latest().glob("*.xlsx"))
        assert made
        for path in made:
            assert not any("<f>" in part or "<f " in part for part in parts_of(path))
        page = (desk.latest() / "report.html").read_text()
        assert "\x1b" not in page


def parts_of(path: Path) -> list[str]:
    """The XML of a workbook."""
    import zipfile

    with zipfile.ZipFile(path) as packed:
        return [packed.read(name).decode("utf-8", "replace") for name in packed.namelist() if name.endswith(".xml")]


def test_what_the_remote_calls_its_contacts_is_no_path(tmp_path: Path) -> None:
    with Emulator() as remote:
        desk = Desk(tmp_path, remote)
        desk.config(sync={"remote_only": "delete", "owned": "all"}, limits={"deletes": {"percent": 100}})
        names = (f"../../lists/{place}" for place in count())
        remote.store.new_id = lambda: next(names)  # type: ignore[method-assign]  # the remote is hostile for once
        desk.seed(*people(range(3)))
        said = desk("run", desk.sheet(people(range(2), tag="x")), "--yes", "--whole")
        assert said.code in (1, 3, 6), said.err
        assert not any("lists" in entry.path for entry in remote.log)
        assert {path.name for path in tmp_path.iterdir()} == {"config.yaml", "contacts.csv", "results", "state"}
