"""What a page's markup holds: JSON-LD, meta elements and labels, the text of an element. Bounded, whatever it nests."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import islice
from typing import Any

from lxml import etree

from streams.contracts import codec
from streams.stages.clean.parse.bodies import names

_ARTICLES = re.compile(r"(?:article|posting|report|review|newsitem|story)$", re.IGNORECASE)
#: Characters of an element's text, or of a title, that are read; the longest development title has 214.
LONGEST = 1000
#: Characters of a meta element that are read: beyond the longest URL that is kept; its folding takes quadratic time.
_LONGEST_META = 4096
#: Starts and ends of elements that are looked through for one's text.
_MOST_STEPS = 1000
#: Labelled elements that are looked at: the first are the page's own, the others those of what it links to.
_MOST_LABELLED = 200
#: Elements that part words.
_PARTED = frozenset(("br", "p", "div", "li", "h1", "h2", "h3", "h4", "td", "tr", "section", "ul"))
#: Searched in C: ElementPath steps through every element in Python.
_LABELLED = etree.XPath("descendant::*[@itemprop]")


def linked_data(tree: Any) -> Iterator[dict[str, Any]]:
    """The objects of the page's JSON-LD, those inside others too."""
    for script in tree.iter("script"):
        if "ld+json" not in (script.get("type") or "") or not script.text:
            continue
        text = re.sub(r"^\s*(?:<!--|//<!\[CDATA\[)|(?:-->|//\]\]>)\s*$", "", script.text.strip()).rstrip("; \n")
        try:
            value = codec.loads(re.sub(r"[\x00-\x1f]", " ", text))
        except codec.DecodeError:
            continue
        queue = [value]
        for _ in range(200):
            if not queue:
                break
            entry = queue.pop(0)
            if isinstance(entry, list):
                queue += entry[:50]
            elif isinstance(entry, dict):
                yield entry
                queue += [entry[key] for key in ("@graph", "mainEntity", "mainEntityOfPage", "itemListElement", "item")
                          if isinstance(entry.get(key), dict | list)]  # fmt: skip


def is_article(entry: dict[str, Any]) -> bool:
    """Whether a JSON-LD object is about an article."""
    kinds = entry.get("@type")
    kinds = kinds if isinstance(kinds, list) else [kinds]
    return any(isinstance(kind, str) and _ARTICLES.search(kind) for kind in kinds) or (
        "headline" in entry and "datePublished" in entry
    )


def meta_elements(tree: Any) -> dict[str, list[str]]:
    """What meta elements, and elements that are labelled alike, say: by their names in lower case."""
    found: dict[str, list[str]] = {}
    for element in tree.iter("meta"):
        content = (element.get("content") or "")[:_LONGEST_META].strip()
        if content:
            for attribute in ("name", "property", "itemprop"):
                for key in (element.get(attribute) or "").lower().split():
                    found.setdefault(key, []).append(content)
    for element in _LABELLED(tree)[:_MOST_LABELLED]:
        key = (element.get("itemprop").lower().split() or [""])[0]
        if key in ("datepublished", "datemodified", "datecreated", "author", "headline") and element.tag != "meta":
            value = (
                element.get("datetime")
                or element.get("content")
                or text_of(_named(element) if key == "author" else element)
            )
            if value and len(value) < 300:
                found.setdefault(key, []).append(value)
    return found


def _named(element: Any) -> Any:
    inner = [part for part in _LABELLED(element) if part.get("itemprop") == "name"]
    return inner[0] if inner else element


def text_of(element: Any) -> str:
    """An element's text, as far as any title, name or date goes: elements nest, and each would be read whole."""
    if not len(element):
        return " ".join((element.text or "")[:LONGEST].split())
    parts: list[str] = []
    left = LONGEST
    for event, inner in islice(etree.iterwalk(element, events=("start", "end")), _MOST_STEPS):
        part = inner.text if event == "start" else inner.tail if inner is not element else None
        if inner.tag in _PARTED:
            parts.append(" ")
        if part:
            parts.append(part[:left])
            left -= len(part)
            if left <= 0:
                break
    return " ".join("".join(parts).split())


def first_name(value: Any) -> str | None:
    """The name that a JSON-LD value has, or is."""
    name = next(iter(names(value.get("name") if isinstance(value, dict) else value)), None)
    return name and name[:_LONGEST_META]


def label_of(element: Any) -> str:
    """An element's class, id and itemprop, in lower case."""
    return f"{element.get('class') or ''} {element.get('id') or ''} {element.get('itemprop') or ''}".strip().lower()
