"""Title, authors, times, site and canonical URL from a page's markup.

In the order of trust that pages deserve: JSON-LD, OpenGraph and other meta elements, microdata, visible markup
(``h1``, ``time``, bylines), and last the address and htmldate's search of the text.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import urljoin

from lxml import etree

from streams.stages.clean.metadata.authors import clean_names
from streams.stages.clean.metadata.markup import first_name, is_article, label_of, linked_data, meta_elements, text_of
from streams.stages.clean.metadata.page_dates import address_date, first_date, searched_date, visible_date
from streams.stages.clean.metadata.page_titles import page_title
from streams.stages.clean.parse.bodies import names


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
_SITES = ("og:site_name", "application-name", "twitter:site_name", "publisher", "cre", "apple-mobile-web-app-title")
_BYLINE = re.compile(r"(?:^|[\s_-])(?:byline|author|authors|auteur|autor|by-line|writer|contributor)", re.IGNORECASE)
_NOT_BYLINE = re.compile(r"comment|bio|related|avatar|image|photo|social|follow|more|date|time|reply", re.IGNORECASE)
_RELATED = etree.XPath("descendant::a[@rel]")


def read_metadata(tree: Any, url: str | None, *, search: bool = True) -> Metadata:
    """What the parsed page says of its article; ``url`` is where it came from. Leaves ``tree`` as it is.

    ``search`` lets htmldate look through the whole page where nothing gives a date.
    """
    linked = list(linked_data(tree))
    meta = meta_elements(tree)
    item = next((entry for entry in linked if is_article(entry)), {})
    site = first_name(item.get("publisher")) or next((meta[key][0] for key in _SITES if key in meta), None)
    published = (
        first_date(item.get("datePublished"), item.get("dateCreated"))
        or first_date(*(value for key in _PUBLISHED for value in meta.get(key, ())))
        or visible_date(tree)
        or address_date(url or "")
        or (searched_date(tree, url) if search else None)
    )
    outlets = [site or "", first_name(item.get("publisher")) or ""]
    authors = clean_names(
        [name for entry in linked if is_article(entry) for name in names(entry.get("author"))][:10], outlets
    ) or clean_names([value for key in _AUTHORS for value in meta.get(key, ())][:10], outlets)
    return Metadata(
        title=page_title(tree, item, meta, site),
        authors=tuple(authors or clean_names(_bylines(tree), outlets)),
        published=published,
        modified=first_date(item.get("dateModified"), *(value for key in _MODIFIED for value in meta.get(key, ()))),
        site=site,
        url=_canonical(tree, meta, url),
    )


def _bylines(tree: Any) -> Sequence[str]:
    """Names in elements that are labelled as bylines, the first that has some."""
    for element in _RELATED(tree):
        if "author" in element.get("rel"):
            text = text_of(element)
            if 3 < len(text) < 60:
                return [text]
    for element in tree.iter("span", "div", "p", "a", "address", "li", "strong", "cite"):
        label = label_of(element)
        if label and _BYLINE.search(label) and not _NOT_BYLINE.search(label):
            text = text_of(element)
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
