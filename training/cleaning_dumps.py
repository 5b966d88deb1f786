"""Pages as text: how naive crawlers, browsers and terminals dump them. What dumps of further corpora are derived with.

Three are libraries that crawlers use (the `dev` extra), called as their manuals show; two are our own, after what
browsers copy as text and what terminal browsers print.
"""

from __future__ import annotations

import re
import textwrap
from collections.abc import Callable, Iterator
from typing import Any

from lxml import etree

from streams.stages.clean.parse.pages import parse, without_data

_SILENT = frozenset(
    ("script", "style", "noscript", "template", "head", "iframe", "svg", "object", "select", "textarea")
)
#: Elements that stand on lines of their own, and those of them that a blank line parts from what is around.
_LINES = frozenset((
    "address", "article", "aside", "blockquote", "dd", "div", "dl", "dt", "fieldset", "figcaption", "figure", "footer",
    "form", "h1", "h2", "h3", "h4", "h5", "h6", "header", "hr", "li", "main", "nav", "ol", "p", "pre", "section",
    "table", "tr", "ul",
))  # fmt: skip
_APART = frozenset(("p", "h1", "h2", "h3", "h4", "h5", "h6", "blockquote", "ul", "ol", "dl", "table", "pre", "hr"))
_INDENTED = {"ul": 2, "ol": 2, "blockquote": 3, "dd": 4}
#: Columns of a terminal, and of the margin that lynx leaves.
_WIDTH, _MARGIN = 79, 3
_SPACE = re.compile(r"[ \t\r\n\f]+")


def inscriptis(page: str) -> str:
    """inscriptis with its defaults: laid out by indentation."""
    from inscriptis import get_text

    return str(get_text(without_data(page)))


def html_text(page: str) -> str:
    """html-text with its defaults: lines and paragraphs by element."""
    import html_text as library

    return str(library.extract_text(without_data(page)))


def bs4(page: str) -> str:
    """BeautifulSoup's `get_text`, a line for each text node, without scripts and styles."""
    from bs4 import BeautifulSoup

    soup = BeautifulSoup(without_data(page), "html.parser")
    for element in soup(["script", "style", "noscript"]):
        element.decompose()
    return str(soup.get_text("\n"))


def saved(page: str) -> str:
    """As browsers copy or save a page as text: a line a block, blank lines around paragraphs, tabs between cells.

    >>> saved("<body><ul><li>Home<li>Sport</ul><h1>Ferry</h1><p>It <b>sank</b>.<p>Nobody was hurt.</body>")
    'Home\\nSport\\n\\nFerry\\n\\nIt sank.\\n\\nNobody was hurt.'
    """
    lines: list[str] = []
    for text, _, apart, _ in _blocks(page):
        if apart and lines:
            lines.append("")
        lines.append(text)
    return "\n".join(lines)


def printed(page: str) -> str:
    """As terminal browsers print a page (`lynx -dump -nolist -nonumbers`): a margin, bullets, lines of a fixed width.

    >>> print(printed("<body><ul><li>Home<li>Sport</ul><h1>Ferry</h1><p>It <b>sank</b>.</body>").replace(" ", "_"))
    _____*_Home
    _____*_Sport
    <BLANKLINE>
    Ferry
    <BLANKLINE>
    ___It_sank.
    """
    lines: list[str] = []
    for text, tag, apart, indent in _blocks(page):
        if apart and lines:
            lines.append("")
        margin = "" if tag in ("h1", "h2") else " " * (_MARGIN + min(indent, 30))
        bullet = "* " if tag == "li" else ""
        lines += textwrap.wrap(
            text, _WIDTH, initial_indent=margin + bullet, subsequent_indent=margin + " " * len(bullet),
            break_long_words=False, break_on_hyphens=False,
        )  # fmt: skip
    return "\n".join(lines)


#: Every way to dump a page, by the name that dumps carry.
DUMPERS: dict[str, Callable[[str], str]] = {
    "inscriptis": inscriptis,
    "html_text": html_text,
    "bs4": bs4,
    "saved": saved,
    "printed": printed,
}


def _blocks(page: str) -> Iterator[tuple[str, str, bool, int]]:
    """``(text, tag, whether a blank line stands before it, indentation)`` of each line that a reader sees."""
    tree = parse(without_data(page))
    if tree is None:
        return
    etree.strip_elements(tree, *_SILENT, with_tail=False)
    parts: list[str] = []
    tags: list[str] = ["body"]
    apart, indent = False, 0

    def flush() -> Iterator[tuple[str, str, bool, int]]:
        nonlocal apart
        for piece in "".join(parts).split("\n"):
            text = piece.strip(" \t")
            if text:
                yield text, tags[-1], apart, indent
                apart = False
        parts.clear()

    def add(text: str | None) -> None:
        if text:
            parts.append(_SPACE.sub(" ", text))

    for event, element in etree.iterwalk(tree, events=("start", "end")):
        tag: Any = element.tag
        if tag in _LINES:
            yield from flush()
            apart = apart or tag in _APART
            if event == "start":
                tags.append(tag)
                indent += _INDENTED.get(tag, 0)
            else:
                tags.pop()
                indent -= _INDENTED.get(tag, 0)
        elif event == "start" and tag == "br":
            parts.append("\n")
        elif event == "start" and tag in ("td", "th"):
            parts.append("\t")
        add(element.text if event == "start" else element.tail)
    yield from flush()
