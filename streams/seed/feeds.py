"""Feeds as files: RSS and Atom that somebody kept, an article an entry, with the words that the feed itself has.

Not by feedparser, as `streams follow` reads lists of addresses: a hostile file takes it seconds, and seeding has no
process that could be ended over it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from email.utils import parsedate_to_datetime
from typing import IO

from lxml import etree

from streams.contracts.records import RawArticle
from streams.seed.found import Found, Problem, checked
from streams.seed.rows import longest_row
from streams.seed.xml import HostileXmlError, parse_xml

#: Entries taken of one file: archives of a feed have thousands, one that was fetched tens.
MOST_ENTRIES = 20_000
#: What an entry's parts are called, whatever their namespaces; the first that there is counts.
_WORDS = ("encoded", "content", "description", "summary")
_DATES = ("pubDate", "published", "date", "issued", "updated")


def read_feed(file: IO[bytes], name: str, max_bytes: int, tick: Callable[[], None]) -> Iterator[Found | Problem]:
    """The articles of a feed, as its entries stand in it; ``where`` counts them from 1."""
    longest = longest_row(max_bytes)
    data = file.read(longest + 1)
    tick()
    if len(data) > longest:
        yield Problem("rejected", name, f"too large: a feed may have {longest} bytes (STREAMS_MAX_ARTICLE_BYTES)")
        return
    try:
        root = parse_xml(data)
    except HostileXmlError as error:
        yield Problem("rejected", name, str(error))
        return
    if _tag(root).lower() not in ("rss", "feed", "rdf"):
        yield Problem("rejected", name, f"not a feed: a document of <{_tag(root)[:40]}>")
        return
    channel = next((each for each in root if _tag(each) == "channel"), root)
    outlet = _text(channel, "title")
    entries = [each for each in root.iter() if _tag(each) in ("item", "entry")]
    for number, entry in enumerate(entries[:MOST_ENTRIES], 1):
        yield _article(entry, outlet, f"{name}:{number}", max_bytes)
    if len(entries) > MOST_ENTRIES:
        yield Problem("rejected", name, f"a feed may have {MOST_ENTRIES} entries: the others are left")
    elif not entries:
        yield Problem("rejected", name, "a feed without entries")


def _article(entry: etree._Element, outlet: str, where: str, max_bytes: int) -> Found | Problem:
    words = _text(entry, *_WORDS)
    if not words:
        return Problem("rejected", where, "empty: the feed has the entry's address alone (`streams follow` gets pages)")
    article = RawArticle(
        content=words,
        content_type="text/html" if "<" in words else "text/plain",
        title=_text(entry, "title") or None,
        url=_link(entry) or None,
        source=outlet or None,
        published=_date(_text(entry, *_DATES)) or None,
    )
    return checked(article, where, max_bytes)


def _text(element: etree._Element, *names: str) -> str:
    """The words of the first child with one of these names that has any; of XHTML, its markup."""
    for name in names:
        for child in element:
            if _tag(child) != name:
                continue
            if child.get("type") == "xhtml" or (len(child) and name in _WORDS):
                text = "".join(etree.tostring(each, encoding="unicode", with_tail=True) for each in child)
            else:
                text = child.text or ""
            if text.strip():
                return text.strip()
    return ""


def _link(entry: etree._Element) -> str:
    """The article's address: Atom has it in an attribute, RSS as words, and some only as a permanent id."""
    for child in entry:
        if _tag(child) == "link" and child.get("rel", "alternate") == "alternate":
            found = (child.get("href") or child.text or "").strip()
            if found:
                return found
    guid = _text(entry, "guid")
    return guid if guid.startswith(("http://", "https://")) else ""


def _date(text: str) -> str:
    """A date as cleaning reads it: those of RSS (RFC 5322) in ISO 8601, others as they are."""
    try:
        return parsedate_to_datetime(text).isoformat()
    except (ValueError, OverflowError, IndexError):
        return text[:100]


def _tag(element: etree._Element) -> str:
    """A name without its namespace; of comments and the like, none."""
    return etree.QName(element).localname if isinstance(element.tag, str) else ""
