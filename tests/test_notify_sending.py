"""Messages over real sockets: what arrives, what is tried again, and that trouble has words without secrets."""

import smtplib
import ssl
from email.message import EmailMessage
from pathlib import Path

import pytest

from syncjob.config.telling import Email, Notify
from syncjob.notify import HandOver, Teller
from syncjob.notify.mailing import compose, send
from syncjob.notify.posting import PAUSES, TRIES, call
from tests.builders_notify import Post, bad_news, certificate, make_news, post, web

NOWHERE = "http://127.0.0.1:9/secret-path"
"""The discard port, where nobody listens."""


def server(sink: Post, **given: object) -> Email:
    usual = {"host": "127.0.0.1", "port": sink.port, "security": "none", "from": "sync@example.com"}
    return Email.model_validate({**usual, "to": ["ops@example.com"], **given})


def text_of(mail: EmailMessage) -> str:
    part = mail.get_body(("plain",))
    assert part is not None
    return str(part.get_content())


def test_a_ping_is_a_get_and_a_message_a_post_of_json():
    with web() as site:
        assert call(f"{site.url}/ping/start?x=1") == (True, "")
        assert call(f"{site.url}/hook", b'{"a": 1}') == (True, "")
        assert site.got == [("GET", "/ping/start?x=1", b""), ("POST", "/hook", b'{"a": 1}')]
        assert site.headers[1]["Content-Type"] == "application/json"


def test_what_may_pass_is_tried_again_and_what_will_not_is_not():
    waits: list[float] = []
    with web() as site:
        site.statuses = [503, 429, 200]
        assert call(site.url, wait=waits.append).arrived
        assert (len(site.got), tuple(waits)) == (3, PAUSES)
        site.statuses = [404]
        assert call(site.url, wait=waits.append) == (False, "the answer was 404")
        assert len(site.got) == 4
        site.statuses = [500]
        assert call(site.url, wait=waits.append) == (False, "the answer was 500")
        assert len(site.got) == 4 + TRIES


def test_a_redirect_is_not_followed():
    with web() as site, web() as elsewhere:
        site.statuses, site.location = [302], f"{elsewhere.url}/take"
        delivery = call(f"{site.url}/hook", b"{}")
        assert delivery == (False, "the answer was 302, which leads elsewhere and is not followed")
        assert (len(site.got), elsewhere.got) == (1, [])


@pytest.mark.parametrize(
    "address", [NOWHERE, "http://127.0.0.1:9/é ü", "http://[::1:9/x", "https://127.0.0.1:9/secret-path"]
)
def test_an_address_where_nobody_is_gives_words_without_the_address(address: str):
    delivery = call(address, wait=lambda _: None)
    assert not delivery.arrived
    assert delivery.trouble
    assert "127" not in delivery.trouble
    assert "secret" not in delivery.trouble


def test_tls_is_verified_and_certificates_of_the_environment_count(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    context, trusted = certificate(tmp_path)
    with web(context) as site:
        assert call(site.url) == (False, "its certificate is not trusted")
        monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(trusted))
        assert call(site.url).arrived
        monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(tmp_path / "none.pem"))
        assert not call(site.url).arrived
        assert len(site.got) == 1


def test_a_mail_arrives_with_subject_text_and_file_and_is_marked_as_automatic(tmp_path: Path):
    file = tmp_path / "needs-fixing.xlsx"
    file.write_bytes(b"PK\x03\x04 binary")
    with post() as sink:
        delivery = send(server(sink), ["a@example.com", "Böse <b@example.com>"], "Zwölf – 12", "नमस्ते\n", file)
        assert delivery == (True, "")
        ((to, mail),) = sink.got
    assert to == ["a@example.com", "b@example.com"]
    assert (mail["Subject"], mail["From"], text_of(mail).strip()) == ("Zwölf – 12", "sync@example.com", "नमस्ते")
    assert mail["Auto-Submitted"] == "auto-generated"
    assert mail["Message-ID"].endswith("@example.com>")
    (attached,) = mail.iter_attachments()
    assert (attached.get_filename(), attached.get_content()) == ("needs-fixing.xlsx", b"PK\x03\x04 binary")


def test_starttls_is_verified_and_login_comes_after_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    context, trusted = certificate(tmp_path)
    with post(context) as sink:
        sink.offers = ("STARTTLS", "AUTH PLAIN")
        login = server(sink, security="starttls", user="sync", password="hush-hush")
        assert send(login, ["a@example.com"], "s", "t") == (False, "the mail server's certificate is not trusted")
        assert not any("AUTH" in line for line in sink.said)
        monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(trusted))
        assert send(login, ["a@example.com"], "s", "t").arrived
        assert [line.split()[0].upper() for line in sink.said[-8:]] == [
            "EHLO", "STARTTLS", "EHLO", "AUTH", "MAIL", "RCPT", "DATA", "QUIT",
        ]  # fmt: skip


@pytest.mark.parametrize(
    ("refuses", "says"),
    [
        ({"MAIL": "451 later"}, "the mail server answered 451"),
        ({"RCPT": "550 nobody"}, "the mail server takes mail for none of the addresses"),
        ({"AUTH": "535 no"}, "the mail server refused user or password"),
        ({"DATA": "554 spam"}, "the mail server answered 554"),
        ({"EHLO": "421 bye", "HELO": "421 bye"}, "the mail server answered 421"),
    ],
)
def test_a_mail_server_that_refuses_is_told_in_words_without_the_password(refuses: dict[str, str], says: str):
    with post() as sink:
        sink.offers, sink.refuses = ("AUTH PLAIN",), refuses
        login = server(sink, user="sync", password="hush-hush")
        assert send(login, ["a@example.com"], "s", "t") == (False, says)


def test_a_mail_server_without_encryption_or_none_at_all_is_told(tmp_path: Path):
    with post() as sink:
        plain = server(sink, security="starttls")
        assert send(plain, ["a@example.com"], "s", "t").trouble == "the mail server offers no such encryption or login"
        tls = server(sink, security="tls")
        assert not send(tls, ["a@example.com"], "s", "t").arrived
        assert not sink.got
        missing = tmp_path / "gone.xlsx"
        assert "the file can't be read" in send(server(sink), ["a@example.com"], "s", "t", missing).trouble
    assert "can't be reached" in send(plain, ["a@example.com"], "s", "t").trouble


def test_a_mail_that_reached_some_counts_as_told_and_is_said():
    notify = Notify.model_validate({"email": None})
    with post() as sink:
        sink.refuses = {"RCPT TO:<b@": "550 nobody"}
        two = server(sink, to=["a@example.com", "b@example.com"])
        teller = Teller(notify.model_copy(update={"email": two}))
        assert teller.end(bad_news(), None) == [
            "The mail reached not everybody: the mail server refused 1 of 2 addresses."
        ]
        assert teller.end(bad_news(), None) == []


def test_no_header_can_be_slipped_into_a_mail():
    with pytest.raises(ValueError, match="linefeed or carriage"):
        compose("sync@example.com", ["a@example.com"], "one\r\nBcc: evil@example.com", "text")
    assert issubclass(smtplib.SMTPException, OSError)
    assert issubclass(ssl.SSLCertVerificationError, OSError)


def notify(site_url: str = NOWHERE, sink: Post | None = None, **given: object) -> Notify:
    mail = {"host": "127.0.0.1", "port": sink.port, "security": "none", "from": "s@example.com"} if sink else None
    usual = {"webhook": f"{site_url}/hook", "email": mail and {**mail, "to": ["ops@example.com"]}}
    return Notify.model_validate({**usual, **given})


def test_every_run_pings_its_start_and_its_end_with_the_exit_code():
    with web() as site:
        teller = Teller(notify(ping=f"{site.url}/check?k=1", webhook=None))
        assert teller.begin() + teller.end(make_news(), None) + teller.end(bad_news(), None) == []
        assert site.paths == ["/check/start?k=1", "/check/0?k=1", "/check/3?k=1"]
        three = {"start": f"{site.url}/a", "success": f"{site.url}/b", "failure": f"{site.url}/c/{{exit_code}}"}
        teller = Teller(notify(ping=three, webhook=None))
        assert teller.begin() + teller.end(make_news(), None) + teller.end(make_news(4), None) == []
        assert site.paths[3:] == ["/a", "/b", "/c/4"]


def test_a_ping_that_is_not_configured_is_not_made():
    with web() as site:
        teller = Teller(notify(ping={"failure": f"{site.url}/failed"}, webhook=None))
        assert teller.begin() + teller.end(make_news(), None) == []
        assert site.got == []


def test_channels_are_told_once_and_again_when_it_changes():
    with web() as site, post() as sink:
        teller = Teller(notify(site.url, sink))
        for news in (make_news(), make_news(), bad_news(), bad_news(13), bad_news(30), make_news(), make_news(5)):
            assert teller.end(news, None) == []
        told = ["first", "changed", "worse", "recovered", "refused"]
        assert [body["event"] for body in site.bodies] == told
        assert [mail["Subject"] for mail in sink.mails] == [body["subject"] for body in site.bodies]
        assert text_of(sink.mails[1]).startswith("Job leads, account acme1: Finished, and some rows ended bad.")


def test_a_channel_that_was_not_reached_is_told_at_the_next_run_and_the_others_are_not():
    with web() as site, post() as sink:
        teller = Teller(notify(site.url, sink), wait=lambda _: None)
        assert teller.end(make_news(), None) == []
        site.statuses = [500]
        assert teller.end(bad_news(), None) == ["The webhook message could not be sent: the answer was 500."]
        site.statuses = [200]
        assert teller.end(bad_news(), None) == []
        assert [body["event"] for body in site.bodies[-1:]] == ["changed"]
        assert len(sink.mails) == 2
        assert teller.known.keys() == {"webhook", "email"}


def handed(folder: Path, rows: str = "a", size: int = 10) -> HandOver:
    file = folder / "needs-fixing.xlsx"
    file.write_bytes(b"x" * size)
    return HandOver(file, "syncjob leads: 2 rows to fix", "2 rows need you.\n", rows)


def test_the_file_goes_to_those_who_can_fix_it_whenever_other_rows_are_in_it(tmp_path: Path):
    with post() as sink:
        teller = Teller(notify(sink=sink, webhook=None, hand_off={"to": "fix@example.com"}))
        teller.notify = teller.notify.model_copy(update={"email": server(sink, to=[])})
        for rows in ("a", "a", "b", "b"):
            assert teller.end(bad_news(), handed(tmp_path, rows)) == []
        assert [to for to, _ in sink.got] == [["fix@example.com"]] * 2
        assert [part.get_filename() for part in sink.mails[0].iter_attachments()] == ["needs-fixing.xlsx"]
        later = bad_news(at=bad_news().at + teller.notify.remind)
        assert teller.end(later, handed(tmp_path, "b")) == []
        assert teller.end(make_news(), None) == []
        assert teller.end(bad_news(), handed(tmp_path, "b")) == []
        assert len(sink.got) == 4


def test_a_file_too_large_for_a_mail_is_named_instead(tmp_path: Path):
    with post() as sink:
        teller = Teller(notify(sink=sink, webhook=None, hand_off={"to": ["fix@example.com"]}))
        given = handed(tmp_path, size=15 * 2**20 + 1)
        assert teller.end(bad_news(), given) == []
        mail = sink.mails[-1]
    assert list(mail.iter_attachments()) == []
    assert f"It lies here: {given.file}" in text_of(mail)
