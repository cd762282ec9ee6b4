"""A page as a tree of elements: what is not one of them is text, and text is always escaped. Pure.

What enters: names of tags, attributes, texts. What leaves: `Html`, of which only this module makes any, so balanced
tags and escaping are certain by construction; a test counts that nobody else does. Half a template engine would be
more to trust than these functions.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from html import escape
from typing import TypeAlias

VOID = frozenset({"meta", "br"})
"""Elements without content."""

REPLACED = "\ufffd"
_NEVER = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff\ufdd0-\ufdef\ufffe\uffff]")
"""What a page can't hold: controls, lone surrogates, noncharacters."""


@dataclass(frozen=True)
class Html:
    """Finished HTML."""

    text: str


Child: TypeAlias = Html | str
"""Content of an element: finished HTML, or a text that will be escaped."""


def element(tag: str, *children: Child, **attributes: str | int | bool) -> Html:
    """An element. `class_` is the attribute class, `aria_label` aria-label; True stands alone, False leaves out."""
    named = "".join(_attribute(name, value) for name, value in attributes.items() if value is not False)
    if tag in VOID:
        return Html(f"<{tag}{named}>")
    return Html(f"<{tag}{named}>{joined(*children).text}</{tag}>")


def joined(*children: Child) -> Html:
    """Several pieces, one after the other."""
    return Html("".join(child.text if isinstance(child, Html) else safe(child) for child in children))


def style(css: str) -> Html:
    """A style sheet. Its text is not escaped, so it must be one of our own: `ValueError` when it could end early."""
    if "<" in css:
        raise ValueError("a style sheet holds no <")
    return Html(f"<style>{css}</style>")


def document(language: str, head: Html, body: Html) -> str:
    """The whole page."""
    page = element("html", element("head", head), body, lang=language)
    return f"<!doctype html>\n{page.text}\n"


def safe(text: str) -> str:
    """`text` as content or as the value of an attribute in double quotes."""
    return escape(_NEVER.sub(REPLACED, text), quote=True)


def _attribute(name: str, value: str | int | bool) -> str:
    said = name.rstrip("_").replace("_", "-")
    return f" {said}" if value is True else f' {said}="{safe(str(value))}"'
