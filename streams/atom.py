"""Atom feeds (RFC 4287), piece by piece: what is written of a story or an article has one id wherever it is written."""

from __future__ import annotations

import re
from typing import Literal
from xml.sax.saxutils import escape, quoteattr

from streams.text import path_part

#: What XML 1.0 may not hold (section 2.2).
_NO_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")

CLOSING = "</feed>\n"


def urn(kind: Literal["article", "story", "alert"], id_: str) -> str:
    """The id of a story or an article as an address: ``urn:news-streams:story:…``."""
    return f"urn:news-streams:{kind}:{path_part(id_)}"


def opening(id_: str, title: str, updated: str, *links: str) -> str:
    """A feed up to its first entry; ``updated`` is RFC 3339, each of ``links`` one of ``link``."""
    return (
        '<?xml version="1.0" encoding="utf-8"?>\n<feed xmlns="http://www.w3.org/2005/Atom">'
        f"<id>{text(id_)}</id><title>{text(title)}</title><updated>{text(updated)}</updated>{''.join(links)}"
        f"{author('News Streams')}"
    )


def entry(id_: str, title: str, updated: str, *parts: str) -> str:
    """An entry; ``parts`` are of ``link``, ``author`` and ``summary``."""
    head = f"<id>{text(id_)}</id><title>{text(title)}</title><updated>{text(updated)}</updated>"
    return f"<entry>{head}{''.join(parts)}</entry>"


def link(href: str, rel: str | None = None, title: str | None = None) -> str:
    """A link of a feed or an entry."""
    given = {"rel": rel, "href": href, "title": title}
    shown = (f" {name}={quoteattr(_NO_XML.sub('', value))}" for name, value in given.items() if value is not None)
    return f"<link{''.join(shown)}/>"


def author(name: str) -> str:
    """Who wrote it."""
    return f"<author><name>{text(name)}</name></author>"


def summary(words: str) -> str:
    """What it is about, as plain text."""
    return f'<summary type="text">{text(words)}</summary>'


def text(words: str) -> str:
    """Text between tags, without what XML may not hold.

    >>> text("a < b\\0")
    'a &lt; b'
    """
    return escape(_NO_XML.sub("", words))
