"""Types of single settings for the models: how each is read, what bounds it, how it is written back."""

from __future__ import annotations

import codecs
import glob
import ipaddress
import re
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Annotated, Literal, TypeAlias
from urllib.parse import urlsplit

from pydantic import BeforeValidator, PlainSerializer, SecretStr, ValidationInfo, WithJsonSchema

from syncjob.config import values
from syncjob.config.problems import did_you_mean
from syncjob.model import Json
from syncjob.remotes import KINDS, abilities_of

CONTACT_FIELDS = ("first_name", "last_name", "company_name", "email", "tag", "custom_field")
"""What a sheet may set. The same as `schema.FIELDS`, named here because that module needs pandas; a test compares."""

_DELIMITERS = {"tab": "\t", "\\t": "\t", "comma": ",", "semicolon": ";", "pipe": "|"}


def _list(value: object, one: Callable[[object], str] = values.as_text) -> tuple[str, ...]:
    """A list of texts; a single text counts as a list of one."""
    if value is None:
        return ()
    items = value if isinstance(value, (list, tuple)) else (value,)
    made = tuple(one(item) for item in items)
    if any(not item.strip() for item in made):
        raise ValueError("holds an empty entry.")
    return made


def _sheet(value: object) -> str | tuple[str, ...] | None:
    if value is None or isinstance(value, (list, tuple)):
        return value if value is None else _list(value)
    return values.as_text(value) or None


def _header_row(value: object) -> Literal["auto"] | int:
    if value == "auto":
        return "auto"
    try:
        row = values.as_whole(value)
    except ValueError:
        row = 0
    if row < 1:
        raise ValueError("must be auto, or the number of the row that holds the headers.")
    return row


def _encoding(value: object) -> str:
    name = values.as_text(value)
    try:
        if name != "auto":
            codecs.lookup(name)
    except (LookupError, ValueError):
        raise ValueError("must be auto, or the name of an encoding such as utf-8 or cp1252.") from None
    return name


def _delimiter(value: object) -> str:
    text = _DELIMITERS.get(str(value), str(value))
    if text != "auto" and len(text) != 1:
        raise ValueError("must be auto, one character, or one of tab, comma, semicolon, pipe.")
    return text


def _region(value: object) -> str:
    code = values.as_text(value).strip().upper()
    if not re.fullmatch("[A-Z]{2}", code):
        raise ValueError("must be the two letters of a country, such as IN.")
    if code != "IN":
        from phonenumbers import SUPPORTED_REGIONS

        if code not in SUPPORTED_REGIONS:
            raise ValueError("must be the two letters of a country, such as IN.")
    return code


def is_field(name: str, *, whole: bool = True) -> bool:
    """Is `name` a contact field, or a path into `custom_field`?"""
    first, *path = name.split(".")
    return first == "custom_field" and all(path) if path else whole and name in CONTACT_FIELDS


def _field(value: object) -> str:
    name = values.as_text(value).strip()
    if not is_field(name):
        raise ValueError(f"must name contact fields: {', '.join(CONTACT_FIELDS)}.{did_you_mean(name, CONTACT_FIELDS)}")
    return name


def _target(value: object) -> str:
    """What a column of the sheet may be: a field, a dotted path, a key, or ignore."""
    name = values.as_text(value).strip()
    keys = dict.fromkeys(("number", *(abilities_of(kind).key for kind in KINDS)))
    known = (*keys, *CONTACT_FIELDS, "ignore")
    if name not in known and not is_field(name):
        said = ", ".join((*known[:-1], "custom_field.NAME", "ignore"))
        raise ValueError(f"is not one of {said}.{did_you_mean(name, known)}")
    return name


def _kind(value: object) -> str:
    """A remote that stands in the registry."""
    if value not in KINDS:
        raise ValueError(f"is not one of {', '.join(KINDS)}.{did_you_mean(str(value), tuple(KINDS))}")
    return str(value)


def _protect(value: object) -> str:
    """A field that is never overwritten, or a number that is never touched."""
    name = values.as_text(value).strip()
    if not is_field(name) and not re.fullmatch(r"[+(]?[\d\s().\-]{5,24}", name):
        raise ValueError(f"must name contact fields or phone numbers.{did_you_mean(name, CONTACT_FIELDS)}")
    return name


def on_loopback(host: str) -> bool:
    """Is `host` this machine itself?"""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host.lower() == "localhost"


def checked_url(value: object) -> str:
    """An address that may be used: https, or http to this machine; never with a password in it."""
    text = values.as_text(value).strip().rstrip("/")
    try:
        parts = urlsplit(text)
        host, _ = parts.hostname or "", parts.port
    except ValueError:
        raise ValueError("is not an address.") from None
    if parts.scheme not in ("http", "https") or not host or re.search(r"[\s\\]", text):
        raise ValueError("must be an address that begins with https://.")
    if parts.username is not None or parts.password is not None:
        raise ValueError("must not hold a user or a password.")
    if parts.scheme == "http" and not on_loopback(host):
        raise ValueError("must begin with https://; http:// is for this machine only.")
    return text


def _base_url(value: object) -> str | None:
    if value is None:
        return None
    text = checked_url(value)
    if "?" in text or "#" in text:
        raise ValueError("must be the address alone, without ? or #.")
    return text


def _secret_text(value: object) -> SecretStr | None:
    if value is None or isinstance(value, SecretStr):
        return value
    return SecretStr(values.as_text(value).strip()) if values.as_text(value).strip() else None


def _secret_url(value: object) -> SecretStr | None:
    text = _secret_text(value)
    return None if text is None else SecretStr(checked_url(text.get_secret_value()))


def _folder(info: ValidationInfo) -> Path:
    """Where relative paths start: the config's folder, else the working directory."""
    folder = (info.context or {}).get("folder")
    return folder if isinstance(folder, Path) else Path.cwd()


def _path(value: object, info: ValidationInfo) -> Path | None:
    if value is None:
        return None
    text = str(value) if isinstance(value, Path) else values.as_text(value).strip()
    if not text or "\0" in text:
        raise ValueError("must be a path.")
    return _folder(info) / Path(text).expanduser()


def _files(value: object, info: ValidationInfo) -> tuple[str, ...]:
    """Paths and globs, absolute; the folder's own special characters are taken literally in a glob."""
    made = []
    for text in _list(value, one=lambda item: str(item) if isinstance(item, Path) else values.as_text(item).strip()):
        wild, start, path = glob.has_magic(text), _folder(info), Path(text).expanduser()
        made.append(str((Path(glob.escape(str(start))) if wild and not path.is_absolute() else start) / path))
    return tuple(made)


def _schema(kind: str, **more: Json) -> WithJsonSchema:
    return WithJsonSchema({"type": kind, **more})


_WORDS: dict[str, Json] = {"type": "string"}
_TEXTS = WithJsonSchema({"anyOf": [_WORDS, {"type": "array", "items": _WORDS}]})

Text: TypeAlias = Annotated[str, BeforeValidator(values.as_text)]
Kind: TypeAlias = Annotated[str, BeforeValidator(_kind), WithJsonSchema({"type": "string", "enum": [*KINDS]})]
Flag: TypeAlias = Annotated[bool, BeforeValidator(values.as_flag)]
Whole: TypeAlias = Annotated[int, BeforeValidator(values.as_whole)]
Number: TypeAlias = Annotated[float, BeforeValidator(values.as_number)]
Percent: TypeAlias = Annotated[
    float, BeforeValidator(values.as_percent), WithJsonSchema({"type": "number", "minimum": 0, "maximum": 100})
]
Seconds: TypeAlias = Annotated[float, BeforeValidator(lambda value: values.in_unit(value, "s"))]
Minutes: TypeAlias = Annotated[float, BeforeValidator(lambda value: values.in_unit(value, "m"))]
Hours: TypeAlias = Annotated[float, BeforeValidator(lambda value: values.in_unit(value, "h"))]
Span: TypeAlias = Annotated[
    timedelta, BeforeValidator(values.as_span), PlainSerializer(values.say_span), _schema("string", examples=["7d"])
]
RateField: TypeAlias = Annotated[
    values.Rate,
    BeforeValidator(values.as_rate),
    PlainSerializer(values.say_rate),
    _schema("string", examples=["auto", "30/minute", "2/second", "off"]),
]
ShareField: TypeAlias = Annotated[
    values.Share,
    BeforeValidator(values.as_share),
    PlainSerializer(values.say_share),
    WithJsonSchema({"anyOf": [{"type": "integer", "minimum": 0}, {"type": "string", "pattern": "^[0-9.]+ ?%?$"}]}),
]
RemoteOnly: TypeAlias = Annotated[
    values.Choice,
    BeforeValidator(lambda value: values.as_choice(value, ("keep", "report", "delete"), "mark")),
    PlainSerializer(str),
    _schema("string", pattern="^(keep|report|delete|mark:.+)$"),
]
Owned: TypeAlias = Annotated[
    values.Choice,
    BeforeValidator(lambda value: values.as_choice(value, ("created", "named", "all"), "tag")),
    PlainSerializer(str),
    _schema("string", pattern="^(created|named|all|tag:.+)$"),
]
Sheet: TypeAlias = Annotated[str | tuple[str, ...] | None, BeforeValidator(_sheet)]
HeaderRow: TypeAlias = Annotated[Literal["auto"] | int, BeforeValidator(_header_row)]
Encoding: TypeAlias = Annotated[str, BeforeValidator(_encoding)]
Delimiter: TypeAlias = Annotated[str, BeforeValidator(_delimiter)]
Region: TypeAlias = Annotated[str, BeforeValidator(_region)]
Target: TypeAlias = Annotated[str, BeforeValidator(_target)]
Texts: TypeAlias = Annotated[tuple[str, ...], BeforeValidator(_list), _TEXTS]
Fields: TypeAlias = Annotated[tuple[str, ...], BeforeValidator(lambda value: _list(value, _field)), _TEXTS]
Protect: TypeAlias = Annotated[tuple[str, ...], BeforeValidator(lambda value: _list(value, _protect)), _TEXTS]
Files: TypeAlias = Annotated[tuple[str, ...], BeforeValidator(_files), _TEXTS]
Location: TypeAlias = Annotated[Path, BeforeValidator(_path), _schema("string")]
Url: TypeAlias = Annotated[str | None, BeforeValidator(_base_url)]
Secret: TypeAlias = Annotated[SecretStr | None, BeforeValidator(_secret_text)]
SecretUrl: TypeAlias = Annotated[SecretStr | None, BeforeValidator(_secret_url)]
