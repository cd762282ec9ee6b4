"""The names under which spreadsheets know the contact fields.

What enters: one header as text. What leaves: the contact field it names, or None. Promised: headers are compared
without case, accents, spaces and punctuation; only the fields' own names and the aliases listed here count.
"""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

from syncjob.schema import FIELDS

_SHORTEST = 5  # letters from which a likeness means anything
_LONG = 9  # letters from which two slips of the pen are forgiven, not one
_NAMES = ("number", *FIELDS)
_HINT = re.compile(r"[(\[]\s*(required|mandatory|optional|pflichtfeld|obligatorio|obligatoire)\s*[)\]]", re.IGNORECASE)
_DOTTED = re.compile(r"\s*custom[ _]?fields?\s*\.\s*(.+?)\s*", re.IGNORECASE | re.DOTALL)

# Plain English, the exports of common contact programs (Google Contacts old and new, Outlook, HubSpot, Salesforce,
# Zoho, Mailchimp) and a few other languages. A whole name (`Name`, `Full Name`) is no alias: it is never split.
_ALIASES: dict[str, str] = {
    "first_name": """First Name; Firstname; First; Given Name; Forename; Contact First Name; Customer First Name;
        Lead First Name; Vorname; Prénom; Nombre de pila; Primeiro nome; Nome proprio; Voornaam; पहला नाम; प्रथम नाम""",
    "last_name": """Last Name; Lastname; Last; Surname; Family Name; Contact Last Name; Customer Last Name;
        Lead Last Name; Nachname; Familienname; Nom de famille; Apellido; Apellidos; Sobrenome; Cognome; Achternaam;
        उपनाम; अंतिम नाम""",
    "company_name": """Company Name; Company; Organization; Organisation; Organization Name; Organisation Name;
        Organization 1 - Name; Account Name; Business Name; Firm; Firm Name; Employer; Associated Company;
        Primary Associated Company; Company / Account; Firma; Unternehmen; Société; Entreprise; Empresa; Azienda;
        Bedrijf; कंपनी; कंपनी का नाम""",
    "email": """Email; E-mail; Mail; Email Address; E-mail Address; Email ID; E-mail ID; Mail ID; Email Addr;
        E-mail 1 - Value; Email 1; Email 1 Address; Primary Email; Contact Email; Work Email; Business Email;
        Customer Email; Person Email; E-Mail-Adresse; Mailadresse; Adresse e-mail; Courriel; Correo; Correo electrónico;
        Endereço de e-mail; Indirizzo e-mail; E-mailadres; ईमेल; ई-मेल""",
    "tag": "Tag; Tags; Contact Tag; Contact Tags; टैग",
    "custom_field": "Custom Field; Custom Fields; custom",
}

_PHONE_ALIASES = (
    # the person's own handset
    """Mobile; Mobile Number; Mobile No; Mobile Num; Mobile Phone; Mobile Phone Number; Mobile Phone No; Mob; Mob No;
    Mob Number; Mob Num; Mobile Contact; Mobile Contact Number; Contact Mobile; Contact Mobile Number; Mobile Tel;
    Primary Mobile; Primary Mobile Number; Mobile 1; Mobile No 1; Mobile Number 1; Customer Mobile;
    Customer Mobile Number; Registered Mobile Number; Person Mobile; Phone Mobile; Telephone Mobile;
    Cell; Cell Phone; Cell Phone Number; Cell Number; Cell No; Cellular; Cellphone Number; Handphone; Handphone No;
    Handphone Number; MSISDN; Handy; Handynummer; Handy-Nr; Mobil; Mobilnummer; Mobiltelefon; Mobilfunk;
    Mobilfunknummer; Portable; Téléphone portable; Téléphone mobile; Móvil; Teléfono móvil; Celular; Telemóvel;
    Cellulare; Mobiel; Mobiele nummer; मोबाइल; मोबाइल नंबर; मोबाइल नम्बर""",
    """WhatsApp; WhatsApp Number; WhatsApp No; WhatsApp Phone; WhatsApp Phone Number; WhatsApp Mobile;
    WhatsApp Mobile Number; WA Number; WA No; व्हाट्सएप; व्हाट्सएप नंबर""",
    # a phone of unstated kind
    """Phone; Phone Number; Phone No; Phone Num; Ph; Ph No; Ph Number; Telephone; Telephone Number; Telephone No; Tel;
    Tel No; Tel Number; Contact No; Contact Number; Contact Num; Contact Phone; Contact Phone Number; Contact Phone No;
    Primary Phone; Primary Phone Number; Primary Number; Customer Phone; Customer Phone Number;
    Phone 1 - Value; Phone 1; Phone 1 Number; Phone Number 1; Phone No 1; Contact No 1; Contact Number 1; Telephone 1;
    Main Phone; Default Phone; Lead Phone; Person Phone; Calling Number; Dial Number; Telefon; Telefonnummer;
    Telefon-Nr; Rufnummer; Téléphone; Numéro de téléphone; N° de téléphone; Teléfono; Número de teléfono; Telefone;
    Número de telefone; Telefono; Numero di telefono; Telefoon; Telefoonnummer; फ़ोन; फोन; फ़ोन नंबर; फोन नंबर;
    दूरभाष; संपर्क नंबर""",
    # a phone that others may answer
    """Work Phone; Work Phone Number; Work Number; Business Phone; Business Phone Number; Office Phone;
    Office Phone Number; Office Number; Direct Phone; Home Phone; Home Phone Number; Home Number; Other Phone;
    Other Phone Number; Alternate Phone; Alternate Phone Number; Alternate Number; Alternate No; Alternate Mobile;
    Alternate Mobile Number; Alternate Contact Number; Secondary Phone; Secondary Phone Number; Secondary Mobile;
    Landline; Landline Number; Landline No; Festnetz; Telefon privat; Telefon geschäftlich""",
)
_SECOND_PHONES = (
    "Phone {n} - Value",
    "Phone {n}",
    "Phone Number {n}",
    "Mobile {n}",
    "Mobile Number {n}",
    "Mobile No {n}",
    "Contact No {n}",
    "Contact Number {n}",
    "Home Phone {n}",
    "Business Phone {n}",
    "Telephone {n}",
)


_KEY_ALIASES = {
    "exophone_sid": "ExoPhone SID; ExoPhone ID; SID",
    "contact_id": "Contact ID; Contact Identifier; ID",
}
_ANYBODYS = ("sid", "id")  # names of many things: they mean a key where one is looked for, and nothing elsewhere
"""Keys of remotes that don't identify by number (CONTRACT 10)."""

OTHER_KEYS = tuple(_KEY_ALIASES)


def plain(header: str) -> str:
    """`header` as it is compared: without case, accents, spaces, punctuation and "(required)"."""
    text = unicodedata.normalize("NFKD", _HINT.sub(" ", header)).casefold()
    return "".join(
        c for c in text if not unicodedata.combining(c) and (c.isalnum() or unicodedata.category(c).startswith("M"))
    )


@lru_cache(maxsize=1)
def phone_ranks() -> dict[str, int]:
    """Plain phone header → its rank; the lowest rank is the column to use."""
    ranks = {plain("number"): 0}
    for rank, names in enumerate(_PHONE_ALIASES, start=1):
        for name in names.split(";"):
            ranks.setdefault(plain(name), rank)
    for second in range(2, 10):
        for pattern in _SECOND_PHONES:
            ranks.setdefault(plain(pattern.format(n=second)), len(_PHONE_ALIASES) + second - 1)
    return ranks


@lru_cache(maxsize=1)
def aliases() -> dict[str, str]:
    """Plain header → contact field: every name and alias."""
    known = {plain(field): field for field in _NAMES}
    for field, names in _ALIASES.items():
        for name in names.split(";"):
            known.setdefault(plain(name), field)
    return known | dict.fromkeys(phone_ranks(), "number")


def field_of(header: str) -> str | None:
    """The contact field that `header` names (`number`, `first_name`, …, `custom_field.city`), or None.

    Counts the fields' own names and the known aliases; near-names never.
    """
    dotted = _DOTTED.fullmatch(header)
    if dotted:
        parts = [part.strip() for part in dotted[1].split(".")]
        return ".".join(("custom_field", *parts)) if all(parts) else None
    return aliases().get(plain(header))


def is_name(header: str, field: str) -> bool:
    """Whether `header` is the name of `field` itself, not an alias."""
    return bool(_DOTTED.fullmatch(header)) or plain(header) == plain(field)


def names_key(header: str, key: str) -> bool:
    """Whether `header` names the key `key` of a remote that does not identify by number."""
    return plain(header) in {plain(name) for name in (key, *_KEY_ALIASES.get(key, key).split(";"))}


@lru_cache(maxsize=1)
def key_names() -> dict[str, str]:
    """Plain header → the key that it can only mean, of remotes that don't identify by number."""
    names = {plain(name): key for key, held in _KEY_ALIASES.items() for name in (key, *held.split(";"))}
    return {name: key for name, key in names.items() if name not in _ANYBODYS}


def likeness(header: str, name: str) -> float:
    """From 0 (nothing to ask about) to 1. The end of a longer header (`Guest phone nmber`) counts a little less."""
    if name == plain("number"):  # order number, house number
        return 0.0
    return max(_alike(plain(header), name), *(0.9 * _alike(ending, name) for ending in _endings(header)), 0.0)


def _alike(text: str, name: str) -> float:
    """Likeness when at most one letter is lost, added, wrong or swapped with the next; in long names two."""
    from rapidfuzz.distance import OSA  # only near-names need it: every file read asks for names

    shorter = min(len(text), len(name))
    slips = OSA.distance(text, name)
    return 1 - slips / max(len(text), len(name)) if shorter >= _SHORTEST and slips <= 1 + (shorter >= _LONG) else 0.0


def _endings(header: str) -> list[str]:
    words = re.split(r"[\W_]+", header)
    return [plain("".join(words[start:])) for start in range(1, len(words))]
