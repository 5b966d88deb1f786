"""The lines that a host's latest pages had: what recurs from page to page is the page's boilerplate.

One small row a page. A page sees the few pages of its host right before it, however many of other hosts came between:
more pages are kept than are looked at, so that records which come again find the same ones, and of what is long past
only the latest few of each host, so that a host with a page a day is learned from as many pages as one with a page a
minute.
"""

from __future__ import annotations

import base64
from array import array
from bisect import insort
from collections import Counter, deque
from collections.abc import Iterable
from dataclasses import dataclass, field

from streams.contracts import codec
from streams.contracts.records import RawArticle
from streams.stages.clean.identity import article_id, host_of
from streams.stages.clean.memory.context import NOTHING_KNOWN, Context
from streams.stages.clean.parse.lines import Line, is_prose, line_key, split, words
from streams.text import digest

#: Earlier pages of the host that are looked at. Furniture recurs on nearly every page, so few pages tell it.
SEEN_PAGES = 6
#: Pages of a host that are kept: a replay may go back by the difference, more than the largest batch in flight.
_KEPT_PAGES = SEEN_PAGES + 64
#: Positions after which only the latest pages of a host are kept, so many. A record may come again from so far back,
#: and must find the pages that it found.
PAGE_WINDOW = 10_000
_KEPT_OLD = 2 * SEEN_PAGES
#: Positions after which a page is no longer looked at, two weeks of a partition with 7,000 articles a day; its row goes
#: a ``PAGE_WINDOW`` later. Positions and no clock, so that a redelivery finds the same. Bounds the memory whatever the
#: number of hosts: a row a position at most where every page is of a host of its own, some 2.5 kB each; else some
#: 20,000 rows and a dozen a host.
LONGEST_WINDOW = 100_000
#: Lines of one page that are kept: the first and the last, where boilerplate is.
_LINES = 300
#: Texts longer than this (characters) are left out: no dump of a page is, and the memory is on every record's path.
_LONGEST = 500_000
#: An earlier page that had this share of a page's running text (by words) is the same article under another address:
#: of pairs of different articles of one site, one in thirty shares as much.
_SAME_ARTICLE = 0.6

Rows = dict[str, bytes | None]


@dataclass(frozen=True, slots=True, order=True)
class _Page:
    position: int
    row: str
    article: str
    #: The keys of its lines, packed: a set of as many numbers takes ten times the memory.
    lines: array[int] = field(compare=False)


class HostMemory:
    """The latest pages of each host of one partition."""

    def __init__(self) -> None:
        self._pages: dict[str, list[_Page]] = {}
        #: Pages in the order of their positions: those that were not looked at for their age yet, and those that were.
        self._by_age: deque[tuple[int, str, str]] = deque()
        self._old: deque[tuple[int, str, str]] = deque()

    def restore(self, rows: Iterable[tuple[str, bytes]]) -> None:
        """Take up the ``host:`` rows of an earlier life, in any order."""
        for key, row in rows:
            host, position, article, packed = codec.loads(row)
            lines = array("Q")
            lines.frombytes(base64.b64decode(packed))
            insort(self._pages.setdefault(host, []), _Page(position, key, article, lines))
        self._by_age = deque(
            sorted((page.position, host, page.row) for host, pages in self._pages.items() for page in pages)
        )

    @property
    def newest(self) -> int:
        """The position of the newest page; -1 where there is none."""
        return max((page.position for pages in self._pages.values() for page in pages), default=-1)

    def lookup_context(self, raw: RawArticle, position: int) -> tuple[Context, Rows]:
        """What the host's pages before ``position`` had of this one's lines; the rows to write (None deletes one)."""
        rows = self._forget(position)
        host = host_of(raw.url) or (f"source {raw.source}" if raw.source else None)
        if (
            host is None
            or not raw.content
            or len(raw.content) > _LONGEST
            or not raw.content_type.startswith("text/plain")
        ):
            # The lines of pages and JSON bodies are known only where they are parsed; their markup says more anyway.
            return NOTHING_KNOWN, rows
        lines = split(raw.content)
        keys = [line_key(line.text) for line in lines]
        article = digest(article_id(raw))
        pages = self._pages.setdefault(host, [])
        context = _context(pages, position, article, lines, keys)
        if all(page.position != position for page in pages):
            kept = keys if len(keys) <= _LINES else keys[: _LINES // 2] + keys[-_LINES // 2 :]
            page = _Page(position, f"host:{digest(host)}:{position}", article, array("Q", sorted(set(kept))))
            rows |= self._add(host, pages, page)
        return context, rows

    def _add(self, host: str, pages: list[_Page], page: _Page) -> Rows:
        insort(pages, page)
        self._by_age.append((page.position, host, page.row))
        packed = base64.b64encode(page.lines.tobytes()).decode()
        rows: Rows = {page.row: codec.encode([host, page.position, page.article, packed])}
        while len(pages) > _KEPT_PAGES or _is_superseded(pages, page.position):
            rows[pages.pop(0).row] = None
        return rows

    def _forget(self, position: int) -> Rows:
        rows: Rows = {}
        while self._by_age and self._by_age[0][0] < position - 2 * PAGE_WINDOW:
            aged = self._by_age.popleft()
            pages = self._pages.get(aged[1], [])
            while _is_superseded(pages, position):
                rows[pages.pop(0).row] = None
            # Most are superseded by now: what is kept of each must not outlast it by the longest window.
            if any(page.row == aged[2] for page in pages):
                self._old.append(aged)
        while self._old and self._old[0][0] < position - LONGEST_WINDOW - PAGE_WINDOW:
            _, host, row = self._old.popleft()
            pages = self._pages.get(host, [])
            if pages and pages[0].row == row:
                pages.pop(0)
                rows[row] = None
            if not pages:
                self._pages.pop(host, None)
        return rows


def _is_superseded(pages: list[_Page], position: int) -> bool:
    """Whether a host's first page is long past, and no record that may come again would still look at it."""
    return (
        len(pages) > _KEPT_OLD
        and pages[0].position < position - 2 * PAGE_WINDOW
        and pages[_KEPT_OLD].position < position - PAGE_WINDOW
    )


def _context(pages: list[_Page], position: int, article: str, lines: list[Line], keys: list[int]) -> Context:
    before = [
        page for page in pages if position - LONGEST_WINDOW <= page.position < position and page.article != article
    ][-SEEN_PAGES:]
    prose = {key: words(line.text) for line, key in zip(lines, keys, strict=True) if is_prose(line.text)}
    most = _SAME_ARTICLE * sum(prose.values())
    before = [page for page in before if not prose or sum(prose.get(key, 0) for key in page.lines) <= most]
    if not before:
        return NOTHING_KNOWN
    known = set(keys)
    counts = Counter(key for page in before for key in page.lines if key in known)
    return Context(pages=len(before), lines=dict(sorted(counts.items())))
