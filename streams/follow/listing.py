"""What a source lists: the addresses of a feed, a JSON Feed or a sitemap. Pure; called in a process that may be ended,
since a hostile feed takes feedparser seconds."""

from __future__ import annotations

import calendar
import io
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Literal
from urllib.parse import urljoin

from lxml import etree

from streams.contracts import codec
from streams.contracts.limits import MOST
from streams.follow.sources import Kind, web_address
from streams.seed.xml import HostileXmlError, parse_xml
from streams.stages.clean import canonical_url

#: Entries taken of one listing: a news sitemap may have a thousand (Google's rule); feeds have tens.
MOST_ENTRIES = 1000
#: Sitemaps taken of an index, the newest ones.
MOST_CHILDREN = 5
#: Bytes in which a document says what it is.
_HEAD = 8192
_ROOT = re.compile(rb"<(?:[\w.-]{1,40}:)?(rss|feed|rdf|urlset|sitemapindex|opml|html|!doctype\s+html)\b", re.IGNORECASE)
_FEED_LINK = re.compile(rb"<link\b[^>]{0,1000}application/(?:rss|atom|feed)\+(?:xml|json)[^>]{0,1000}>", re.IGNORECASE)
_HREF = re.compile(rb"""\bhref\s*=\s*["']?([^"'\s>]{1,2000})""", re.IGNORECASE)

Found = Literal["feed", "json", "sitemap", "index", "page"]


class ListingError(ValueError):
    """It lists nothing that can be followed. The message says what it is instead."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ListedPage:
    """One address that a source lists. ``published`` and ``updated`` are ISO 8601 in UTC, or None."""

    url: str
    published: str | None = None
    updated: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Listing:
    """What a source lists, newest as it lists them, each address once; ``children`` are an index's sitemaps."""

    kind: Found
    entries: tuple[ListedPage, ...] = ()
    children: tuple[str, ...] = ()


def parse(body: bytes, content_type: str, url: str, kind: Kind = "auto") -> Listing:
    """The entries of a document as fetched from ``url``.

    Raises:
        ListingError: it is no feed and no sitemap.
    """
    if kind == "page":
        return Listing(kind="page", entries=(ListedPage(url=url),))
    # UTF-16 is told with every second byte away.
    head = body[:_HEAD].replace(b"\0", b"").removeprefix(b"\xef\xbb\xbf").lstrip()
    if head.startswith(b"{"):
        return Listing(kind="json", entries=_kept(_json_entries(body), url))
    root = _ROOT.search(head)
    name = root.group(1).lower() if root else b""
    if name in (b"urlset", b"sitemapindex"):
        return _sitemap(body, url)
    if name in (b"rss", b"feed", b"rdf"):
        return Listing(kind="feed", entries=_kept(_feed_entries(body, content_type, url), url))
    if name.endswith(b"html"):
        raise ListingError(f"a web page and no feed: {_hint(body, url)}")
    raise ListingError("neither RSS, Atom, JSON Feed nor a sitemap")


def _kept(entries: Iterable[ListedPage], base: str) -> tuple[ListedPage, ...]:
    kept: dict[str, ListedPage] = {}
    for entry in entries:
        address = urljoin(base, entry.url.strip()).partition("#")[0] if len(entry.url) <= MOST["url"] else ""
        if not web_address(address) or (same := canonical_url(address)) is None:
            continue
        if len(kept) == MOST_ENTRIES:
            break
        kept.setdefault(same, ListedPage(url=address, published=entry.published, updated=entry.updated))
    return tuple(kept.values())


def _feed_entries(body: bytes, content_type: str, url: str) -> Iterator[ListedPage]:
    import feedparser

    # Only links and dates are read of it: what is in the texts need be neither resolved nor made safe.
    found = feedparser.parse(
        io.BytesIO(body),
        response_headers={"content-type": content_type, "content-location": url},
        sanitize_html=False,
        resolve_relative_uris=False,
    )
    for entry in found.entries:
        link = entry.get("feedburner_origlink") or entry.get("link")
        if isinstance(link, str) and link:
            yield ListedPage(
                url=link,
                published=_of_struct(entry.get("published_parsed")),
                # Past feedparser's own look-up, which gives the date of publication where there is none of a change.
                updated=_of_struct(dict.get(entry, "updated_parsed")),
            )


def _of_struct(moment: Any) -> str | None:
    try:
        return datetime.fromtimestamp(calendar.timegm(moment), UTC).isoformat() if moment else None
    except (TypeError, ValueError, OverflowError, OSError):
        return None


def _json_entries(body: bytes) -> Iterator[ListedPage]:
    try:
        feed = codec.loads(body)
    except codec.DecodeError as error:
        raise ListingError(f"no JSON Feed: {error}") from None
    items = feed.get("items") if isinstance(feed, dict) else None
    if not isinstance(items, list) or "jsonfeed.org" not in str(feed.get("version"))[:200]:
        raise ListingError("JSON, but no JSON Feed (version and items)")
    for item in items:
        link = (item.get("url") or item.get("id")) if isinstance(item, dict) else None
        if isinstance(link, str):
            yield ListedPage(
                url=link, published=_of_text(item.get("date_published")), updated=_of_text(item.get("date_modified"))
            )


def _of_text(written: object) -> str | None:
    try:
        moment = datetime.fromisoformat(written.strip()) if isinstance(written, str) else None
        return None if moment is None else (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).isoformat()
    except ValueError:
        return None


def _sitemap(body: bytes, url: str) -> Listing:
    try:
        root = parse_xml(body)
    except HostileXmlError as error:
        raise ListingError(str(error)) from None
    rows = [_texts(element) for element in root if isinstance(element.tag, str)]
    if etree.QName(root).localname == "sitemapindex":
        # Dates of one form compare as texts; those without one come last.
        newest = sorted(rows, key=lambda row: row.get("lastmod", ""), reverse=True)
        children = [urljoin(url, row["loc"]) for row in newest if row.get("loc")]
        return Listing(kind="index", children=tuple(filter(web_address, children))[:MOST_CHILDREN])
    entries = (
        ListedPage(
            url=row["loc"], published=_of_text(row.get("publication_date")), updated=_of_text(row.get("lastmod"))
        )
        for row in rows
        if row.get("loc")
    )
    return Listing(kind="sitemap", entries=_kept(entries, url))


def _texts(row: etree._Element) -> dict[str, str]:
    """The texts in a row of a sitemap by the names of their elements, those of Google's news extension among them."""
    return {
        etree.QName(each).localname: each.text.strip() for each in row.iter() if isinstance(each.tag, str) and each.text
    }


def _hint(body: bytes, url: str) -> str:
    link = _FEED_LINK.search(body[: 64 * _HEAD])
    href = _HREF.search(link.group()) if link else None
    if href:
        return f"its feed is {urljoin(url, href.group(1).decode('utf-8', 'replace'))}"
    return 'name its feed, or say kind = "page" to follow the page itself'
