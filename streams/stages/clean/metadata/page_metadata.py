"""Title, authors, times, site and canonical URL from a page's markup.

In the order of trust that pages deserve: JSON-LD, OpenGraph and other meta elements, microdata, visible markup
(``h1``, ``time``, bylines), and last the address and htmldate's search of the text.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from typing import Any
from urllib.parse import urljoin

from lxml import etree

from streams.contracts import codec
from streams.stages.clean.metadata import dates
from streams.stages.clean.metadata.authors import clean_names
from streams.stages.clean.parse.bodies import names
from streams.text import fold


@dataclass(frozen=True, slots=True, kw_only=True)
class Metadata:
    """What a page or a JSON body says about its article. Times are aware."""

    title: str | None = None
    authors: tuple[str, ...] = ()
    published: datetime | None = None
    modified: datetime | None = None
    site: str | None = None
    url: str | None = None
    language: str | None = None


#: Names of meta elements (``name``, ``property`` or ``itemprop``), lower case, most trusted first.
_PUBLISHED = (
    "article:published_time", "og:article:published_time", "og:published_time", "datepublished", "parsely-pub-date",
    "sailthru.date", "dc.date.issued", "dcterms.created", "dc.date", "dcterms.date", "dcterms.available", "pubdate",
    "publishdate", "publish-date", "publish_date", "publication_date", "article.published", "article_date_original",
    "originalpublicationdate", "cxenseparse:recs:publishtime", "rnews:datepublished", "date_published", "displaydate",
    "ptime", "date", "bt:pubdate", "iso-8601-publish-date", "citation_publication_date", "datecreated", "timestamp",
)  # fmt: skip
_MODIFIED = (
    "article:modified_time", "og:updated_time", "datemodified", "dc.date.modified", "dcterms.modified", "lastmod",
    "last-modified", "article.updated", "utime", "bt:moddate", "modified_time",
)  # fmt: skip
_AUTHORS = (
    "author", "article:author", "og:article:author", "byl", "parsely-author", "sailthru.author", "dc.creator",
    "dcterms.creator", "dc.creator.name", "article:author_name", "cxenseparse:author", "rnews:author",
    "citation_author", "creator", "twitter:data1_author",
)  # fmt: skip
_TITLES = (
    "og:title",
    "twitter:title",
    "parsely-title",
    "sailthru.title",
    "dc.title",
    "dcterms.title",
    "headline",
    "title",
)
_SITES = ("og:site_name", "application-name", "twitter:site_name", "publisher", "cre", "apple-mobile-web-app-title")
_ARTICLES = re.compile(r"(?:article|posting|report|review|newsitem|story)$", re.IGNORECASE)
_URL_DATE = re.compile(
    r"/((?:19|20)\d\d)(?:([/-])(1[0-2]|0?[1-9]|jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)\2(3[01]|[12]\d|0?[1-9])"
    r"|(1[0-2]|0[1-9])(3[01]|[12]\d|0[1-9]))(?!\d)",
    re.IGNORECASE,
)
#: Characters of an element's text, or of a title, that are read; the longest development title has 214.
_LONGEST = 1000
#: Characters of a meta element that are read: beyond the longest URL that is kept; its folding takes quadratic time.
_LONGEST_META = 4096
#: Starts and ends of elements that are looked through for one's text.
_MOST_STEPS = 1000
#: Labelled elements that are looked at: the first are the page's own, the others those of what it links to.
_MOST_LABELLED = 200
_SEPARATOR = re.compile(r"\s+[|–—·•»-]+\s+|\s*[|»]\s*|\s::\s|\s?\|\|\s?")
#: Searched in C: ElementPath steps through every element in Python.
_LABELLED, _RELATED = etree.XPath("descendant::*[@itemprop]"), etree.XPath("descendant::a[@rel]")
_BYLINE = re.compile(r"(?:^|[\s_-])(?:byline|author|authors|auteur|autor|by-line|writer|contributor)", re.IGNORECASE)
_NOT_BYLINE = re.compile(r"comment|bio|related|avatar|image|photo|social|follow|more|date|time|reply", re.IGNORECASE)
_DATE_LABEL = re.compile(r"publish|posted|entry-date|pubdate|post-date|dateline|article.?date|date|time", re.IGNORECASE)


def read_metadata(tree: Any, url: str | None, *, search: bool = True) -> Metadata:
    """What the parsed page says of its article; ``url`` is where it came from. Leaves ``tree`` as it is.

    ``search`` lets htmldate look through the whole page where nothing gives a date.
    """
    linked = list(_linked_data(tree))
    meta = _meta(tree)
    item = next((entry for entry in linked if _is_article(entry)), {})
    site = _first_name(item.get("publisher")) or next((meta[key][0] for key in _SITES if key in meta), None)
    published = (
        _date(item.get("datePublished"), item.get("dateCreated"))
        or _date(*(value for key in _PUBLISHED for value in meta.get(key, ())))
        or _visible_date(tree)
        or _address_date(url or "")
        or (_searched_date(tree, url) if search else None)
    )
    outlets = [site or "", _first_name(item.get("publisher")) or ""]
    authors = clean_names(
        [name for entry in linked if _is_article(entry) for name in names(entry.get("author"))][:10], outlets
    ) or clean_names([value for key in _AUTHORS for value in meta.get(key, ())][:10], outlets)
    return Metadata(
        title=_title(tree, item, meta, site),
        authors=tuple(authors or clean_names(_bylines(tree), outlets)),
        published=published,
        modified=_date(item.get("dateModified"), *(value for key in _MODIFIED for value in meta.get(key, ()))),
        site=site,
        url=_canonical(tree, meta, url),
    )


def _linked_data(tree: Any) -> Iterator[dict[str, Any]]:
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


def _is_article(entry: dict[str, Any]) -> bool:
    kinds = entry.get("@type")
    kinds = kinds if isinstance(kinds, list) else [kinds]
    return any(isinstance(kind, str) and _ARTICLES.search(kind) for kind in kinds) or (
        "headline" in entry and "datePublished" in entry
    )


def _meta(tree: Any) -> dict[str, list[str]]:
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
                or _text(_named(element) if key == "author" else element)
            )
            if value and len(value) < 300:
                found.setdefault(key, []).append(value)
    return found


def _named(element: Any) -> Any:
    inner = [part for part in _LABELLED(element) if part.get("itemprop") == "name"]
    return inner[0] if inner else element


def _text(element: Any) -> str:
    """An element's text, as far as any title, name or date goes: elements nest, and each would be read whole."""
    if not len(element):
        return " ".join((element.text or "")[:_LONGEST].split())
    parts: list[str] = []
    left = _LONGEST
    for event, inner in islice(etree.iterwalk(element, events=("start", "end")), _MOST_STEPS):
        part = inner.text if event == "start" else inner.tail if inner is not element else None
        if part:
            parts.append(part[:left])
            left -= len(part)
            if left <= 0:
                break
    return " ".join("".join(parts).split())


def _first_name(value: Any) -> str | None:
    name = next(iter(names(value.get("name") if isinstance(value, dict) else value)), None)
    return name and name[:_LONGEST_META]


def _date(*values: Any) -> datetime | None:
    for value in values:
        moment = dates.parse(value) if isinstance(value, str) else None
        if moment is not None and moment >= dates.EARLIEST:
            return moment
    return None


def _visible_date(tree: Any) -> datetime | None:
    """The first ``time`` element, or dated label, that stands for the article's publication."""
    times = list(tree.iter("time"))[:30]
    times = [element for element in times if not re.search("updat|modif", _label(element))]
    said = [element for element in times if element.get("pubdate") is not None or "publish" in _label(element)]
    for element in (*said, *times):
        moment = _date(element.get("datetime"), _text(element))
        if moment is not None:
            return moment
    for element in tree.iter("span", "div", "p", "li", "abbr"):
        label = _label(element)
        if label and _DATE_LABEL.search(label) and "updat" not in label:
            moment = _date(element.get("title"), element.get("data-date"), element.get("content"), _text(element)[:100])
            if moment is not None:
                return moment
    return None


def _label(element: Any) -> str:
    return f"{element.get('class') or ''} {element.get('id') or ''} {element.get('itemprop') or ''}".strip().lower()


def _address_date(url: str) -> datetime | None:
    match = _URL_DATE.search(url)
    if not match:
        return None
    year, month, day = match[1], match[3] or match[5], match[4] or match[6]
    return dates.parse(f"{day} {month} {year}" if not month.isdigit() else f"{year}-{int(month):02}-{int(day):02}")


def _searched_date(tree: Any, url: str | None) -> datetime | None:
    from htmldate import find_date

    try:
        text = find_date(tree, url=url, original_date=True, extensive_search=False, deferred_url_extractor=True)
    except (ValueError, TypeError, AttributeError, RecursionError):
        return None
    return dates.parse(text) if text else None


def _title(tree: Any, item: dict[str, Any], meta: dict[str, list[str]], site: str | None) -> str | None:
    """The headline as the page prints it: the ``h1`` that its other titles begin with, else the best of those."""
    page = next((_text(element) for element in tree.iter("title") if element.getparent().tag == "head"), "")
    headline = item.get("headline")
    given = [headline] if isinstance(headline, str) else []
    given += [value for key in _TITLES for value in meta.get(key, ())[:1]] + [page]
    given = [" ".join(value[:_LONGEST].split()) for value in given if value.strip()]
    headings = [text for text in (_text(element) for element in list(tree.iter("h1"))[:8]) if 0 < len(text) < 400]
    folded = [fold(value) for value in given]
    outlet = fold(site) if site else ""
    for text in headings:
        plain = fold(text)
        # A heading that is the outlet's name also stands in its titles, but is the lesser part of them.
        if (
            len(plain) > 10
            and plain != outlet
            and any(
                len(plain) >= 0.4 * len(value) and (value.startswith(plain) or value.endswith(plain))
                for value in folded
            )
        ):
            return text
    if given:
        best = _without_site(given[0], site)
        # Long headlines are cut short in social titles; the h1 has them whole.
        start = fold(best).rstrip(" .…")[:40]
        return next((text for text in headings if len(start) > 15 and fold(text).startswith(start)), best)
    return headings[0] if len(headings) == 1 else None


def _without_site(title: str, site: str | None) -> str:
    """``Headline | Section - Outlet`` without what follows the headline."""
    name = fold(site) if site else ""
    title = title[:_LONGEST]
    while cuts := [(match.start(), match.end()) for match in _SEPARATOR.finditer(title)]:
        start, end = cuts[-1]
        tail = fold(title[end:])
        if not (name and (tail == name or name.startswith(tail) or tail.startswith(name))) and not (
            len(tail.split()) <= 4
            and len(title[:start].split()) >= 3
            and title[start:end].strip() in ("|", "»", "·", "•", "||", "::", "-", "–", "—")
        ):
            break
        title = title[:start].strip()
    return title


def _bylines(tree: Any) -> Sequence[str]:
    """Names in elements that are labelled as bylines, the first that has some."""
    for element in _RELATED(tree):
        if "author" in element.get("rel"):
            text = _text(element)
            if 3 < len(text) < 60:
                return [text]
    for element in tree.iter("span", "div", "p", "a", "address", "li", "strong", "cite"):
        label = _label(element)
        if label and _BYLINE.search(label) and not _NOT_BYLINE.search(label):
            text = _text(element)
            if 3 < len(text) < 120 and clean_names([text]):
                return [text]
    return []


def _canonical(tree: Any, meta: dict[str, list[str]], url: str | None) -> str | None:
    for element in tree.iter("link"):
        if (element.get("rel") or "").lower() == "canonical" and element.get("href"):
            try:
                address = str(urljoin(url or "", element.get("href").strip()))
            except ValueError:
                break
            if address.startswith(("http://", "https://")):
                return address
    given = [value for value in meta.get("og:url", []) if value.startswith(("http://", "https://"))]
    return given[0] if given else url
