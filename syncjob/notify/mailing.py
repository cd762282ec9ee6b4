"""One mail over SMTP.

What enters: the mail server's settings, who gets the mail, a subject, a text, maybe a file. What leaves: a
`Delivery`, whose words hold no password. TLS is verified. Marked as automatic (RFC 3834), so that absence notes don't
answer it.
"""

from __future__ import annotations

import mimetypes
import smtplib
import ssl
from collections.abc import Sequence
from email.message import EmailMessage
from email.utils import formatdate, make_msgid, parseaddr
from pathlib import Path

from syncjob.config.telling import Email
from syncjob.errors import SyncjobError
from syncjob.notify.news import Delivery
from syncjob.notify.posting import trust

TIMEOUT = 20.0
MOST_BYTES = 15 * 2**20
"""A larger file is not attached: mail servers refuse it, and in base64 it grows by a third."""


def send(server: Email, to: Sequence[str], subject: str, text: str, file: Path | None = None) -> Delivery:
    """Send one mail."""
    try:
        mail = compose(server.sender, to, subject, text, file)
        with _connected(server) as smtp:
            refused = smtp.send_message(mail)
    except (OSError, ValueError, SyncjobError) as error:
        return Delivery(False, _words(error))
    return Delivery(True, f"the mail server refused {len(refused)} of {len(to)} addresses" if refused else "")


def _words(error: Exception) -> str:
    """Why a mail was not sent. The nearest kind comes first: all errors of smtplib are `OSError`s."""
    if isinstance(error, SyncjobError):
        return error.message.rstrip(".")
    if isinstance(error, smtplib.SMTPResponseException) and not isinstance(error, smtplib.SMTPAuthenticationError):
        return f"the mail server answered {error.smtp_code}"
    return next(words for kind, words in _WORDS if isinstance(error, kind))


_WORDS: tuple[tuple[type[Exception], str], ...] = (
    (smtplib.SMTPAuthenticationError, "the mail server refused user or password"),
    (smtplib.SMTPRecipientsRefused, "the mail server takes mail for none of the addresses"),
    (smtplib.SMTPNotSupportedError, "the mail server offers no such encryption or login"),
    (smtplib.SMTPException, "the mail server broke off the talk"),
    (ssl.SSLCertVerificationError, "the mail server's certificate is not trusted"),
    (OSError, "the mail server can't be reached, or the file can't be read"),
    (ValueError, "the mail can't be put together"),
)


def compose(sender: str, to: Sequence[str], subject: str, text: str, file: Path | None = None) -> EmailMessage:
    """The mail. Raises `ValueError` for what no header can hold, `OSError` when the file can't be read."""
    mail = EmailMessage()
    mail["Subject"] = subject
    mail["From"] = sender
    mail["To"] = ", ".join(to)
    mail["Date"] = formatdate(localtime=True)
    mail["Message-ID"] = make_msgid(domain=parseaddr(sender)[1].rpartition("@")[2] or "localhost")
    mail["Auto-Submitted"] = "auto-generated"
    mail.set_content(text)
    if file is not None:
        kind, _ = mimetypes.guess_type(file.name)
        main, _, sub = (kind or "application/octet-stream").partition("/")
        mail.add_attachment(file.read_bytes(), maintype=main, subtype=sub, filename=file.name)
    return mail


def _connected(server: Email) -> smtplib.SMTP:
    """A connection that is encrypted and logged in, as the config says; the caller ends it."""
    if server.security == "tls":
        smtp: smtplib.SMTP = smtplib.SMTP_SSL(server.host, server.port, timeout=TIMEOUT, context=trust())
    else:
        smtp = smtplib.SMTP(server.host, server.port, timeout=TIMEOUT)
    try:
        if server.security == "starttls":
            smtp.starttls(context=trust())
        if server.user and server.password:
            smtp.login(server.user, server.password.get_secret_value())
    except (OSError, smtplib.SMTPException):
        smtp.close()
        raise
    return smtp
