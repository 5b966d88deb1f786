"""What a follower knows of its sources and their pages, as rows of a compacted topic: the only memory there is.

A page's row is written after its record is acknowledged, and a source's validators once every page that it listed has a
row: wherever a follower dies, what has no row is fetched (again), and nothing is passed over.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

from streams.contracts import codec
from streams.follow.fetch import Validators
from streams.stages.clean import canonical_url
from streams.text import digest

#: Seconds after which a page that is still listed has its row written anew.
SEEN_EVERY = 86_400.0
#: Rows that are written or deleted (None), by key.
Rows = dict[str, bytes | None]


@dataclass(slots=True, kw_only=True)
class SourceRow:
    """What is known of a source. Times are seconds since the epoch; ``rate`` is in new items a second.

    ``etag`` and ``modified`` are its list's, None where some page of it is not done with; ``listed`` is when the list
    came last; ``failures`` counts those in a row, of which ``outcome`` and ``said`` are the last.
    """

    url: str
    due: float = 0.0
    rate: float = 1 / 900
    polled: float = 0.0
    listed: float = 0.0
    etag: str | None = None
    modified: str | None = None
    failures: int = 0
    outcome: str = ""
    said: str = ""


@dataclass(slots=True, kw_only=True)
class PageRow:
    """What is known of a page. ``url`` is where it was in the end; ``words`` the digest of what was published of it,
    None where nothing was. ``seen`` is when a list had it last, ``visited`` when it was last asked for, ``due`` when it
    is to be asked for again (None: no more). ``visits`` counts those that found it, ``tries`` failures in a row,
    ``absent`` answers in a row that it is no longer there; ``published`` and ``updated`` are what the list
    said of it."""

    url: str
    source: str
    seen: float
    visited: float = 0.0
    due: float | None = None
    words: str | None = None
    etag: str | None = None
    modified: str | None = None
    visits: int = 0
    tries: int = 0
    absent: int = 0
    retracted: bool = False
    published: str | None = None
    updated: str | None = None

    @property
    def validators(self) -> Validators:
        return Validators(etag=self.etag, modified=self.modified)


def page_key(url: str) -> str:
    """The key of a page's row: the same for every way in which lists name it."""
    return "page:" + digest(canonical_url(url) or url)


def source_key(url: str) -> str:
    return "source:" + digest(url)


@dataclass(slots=True)
class Known:
    """The rows of one partition."""

    sources: dict[str, SourceRow] = field(default_factory=dict)
    pages: dict[str, PageRow] = field(default_factory=dict)
    #: How many pages each source has among them.
    held: Counter[str] = field(default_factory=Counter)

    @classmethod
    def restored(cls, rows: dict[str, bytes]) -> Known:
        """Take up the rows of an earlier life; one that cannot be read counts as not there, and costs a fetch."""
        known = cls()
        for key, value in rows.items():
            try:
                if key.startswith("source:"):
                    source = codec.decode(SourceRow, value)
                    known.sources[source.url] = source
                elif key.startswith("page:"):
                    known.add(key, codec.decode(PageRow, value))
            except codec.DecodeError:
                continue
        return known

    def add(self, key: str, page: PageRow) -> None:
        """Take in a page that was not known."""
        self.pages[key] = page
        self.held[page.source] += 1

    def forget(self, now: float, after: float) -> Rows:
        """Drop pages that no list has had for ``after`` seconds and that are not to be visited again; their rows.

        A list that did not change is not read, so a page that the last one read had counts as seen. ``seen`` of a row
        may be a day behind (``Share`` saves it that often).
        """
        gone = [
            key
            for key, page in self.pages.items()
            if page.due is None
            and page.seen < now - after
            and not (page.source in self.sources and page.seen >= self.sources[page.source].listed - SEEN_EVERY)
        ]
        for key in gone:
            self.held[self.pages.pop(key).source] -= 1
        return dict.fromkeys(gone, None)
