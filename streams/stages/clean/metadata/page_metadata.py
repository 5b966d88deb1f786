"""Title, authors, times, site and canonical URL from a page's markup.

In the order of trust that pages deserve: JSON-LD, OpenGraph and other meta elements, microdata, visible markup
(``h1``, ``time``, bylines), and last the address and htmldate's search of the text.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import urljoin

from streams.stages.clean.metadata.markup import first_name, is_article, linked_data, meta_elements
from streams.stages.clean.metadata.page_authors import page_authors
from streams.stages.clean.metadata.page_dates import first_date, published, searched_date
from streams.stages.clean.metadata.page_titles import page_title
from streams.stages.clean.metadata.plain_titles import plain_title
from streams.stages.clean.metadata.surroundings import pieces_after, pieces_before
from streams.stages.clean.metadata.traits import NO_TRAITS, Traits, read_traits
from streams.stages.clean.page_kind import NO_SIGNS, Signs, read_signs


@dataclass(frozen=True, slots=True, kw_only=True)
class Metadata:
    """What a page or a JSON body says about its article. Times are aware."""

    title: str | None = None
    #: The title that the line classifiers' features are made of.
    plain_title: str | None = None
    authors: tuple[str, ...] = ()
    published: datetime | None = None
    modified: datetime | None = None
    site: str | None = None
    url: str | None = None
    language: str | None = None
    traits: Traits = NO_TRAITS
    signs: Signs = NO_SIGNS


#: Names of meta elements (``name``, ``property`` or ``itemprop``), lower case, most trusted first.
_MODIFIED = (
    "article:modified_time", "og:updated_time", "datemodified", "dc.date.modified", "dcterms.modified", "lastmod",
    "last-modified", "article.updated", "utime", "bt:moddate", "modified_time",
)  # fmt: skip
#: JSON-LD articles that are read: the first is the page's own, or its parts are.
_MOST_ITEMS = 3
_SITES = ("og:site_name", "application-name", "twitter:site_name", "publisher", "cre", "apple-mobile-web-app-title")


def read_metadata(tree: Any, url: str | None, *, search: bool = True) -> Metadata:
    """What the parsed page says of its article; ``url`` is where it came from. Leaves ``tree`` as it is.

    ``search`` lets htmldate look through the whole page where nothing gives a date.
    """
    linked = list(linked_data(tree))
    meta = meta_elements(tree)
    item = next((entry for entry in linked if is_article(entry)), {})
    publisher = first_name(item.get("publisher"))
    site = publisher or next((meta[key][0] for key in _SITES if key in meta), None)
    title, heading = page_title(tree, item, meta, site, url)
    after = pieces_after(heading) if heading is not None else []
    before = pieces_before(heading) if heading is not None else []
    return Metadata(
        title=title,
        plain_title=plain_title(tree, item, meta, site),
        authors=tuple(page_authors(tree, linked, meta, [site or ""], [*after, *reversed(before)])),
        published=published(tree, linked, meta, url, [*after, *reversed(before)])
        or (searched_date(tree, url) if search else None),
        modified=first_date(item.get("dateModified"), *(value for key in _MODIFIED for value in meta.get(key, ()))),
        site=site,
        url=_canonical(tree, meta, url),
        traits=read_traits([entry for entry in linked if is_article(entry)][:_MOST_ITEMS], meta, url),
        signs=read_signs(tree, linked, meta, url),
    )


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
