"""Whether a page is an article at all: section fronts, lists by tag, galleries, sign-in walls and error pages are none.

Rules over what the markup says and what the models kept. A page whose markup says that it is an article is only
rejected as an error page or a wall; any other needs a structure that no article has. An article that is let go is lost,
while a front that passes is one odd record: the rules are tight, and what they cost is measured by
``streams eval rejections``.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from lxml import etree

from streams.stages.clean.parse.lines import Line, words
from streams.stages.clean.parse.pages import Block

#: What titles and headings of error pages and walls are, whole: an article may be about any of these.
_ERROR = re.compile(
    r"(?:error\s*)?[45]\d\d\b(?:\W{1,3}(?:error|page|not found|forbidden|bad|gone|access|service|internal).{0,40})?$|"
    r"(?:oops|sorry|whoops|uh[- ]oh)?\W{0,3}(?:(?:the |this |that )?(?:page|article|story|content|link)\b.{0,30}"
    r"(?:not found|not be found|no longer (?:available|exists?|here)|does(?:n.t| not) exist|unavailable|has moved|"
    r"missing|is gone|can.?t be found|cannot be found))|"
    r"(?:access denied|forbidden|just a moment|attention required|are you (?:a )?(?:robot|human)|service unavailable|"
    r"bad gateway|internal server error|too many requests|under maintenance|we.ll be (?:right )?back|unusual traffic|"
    r"verify (?:that )?you are (?:a )?human|seite nicht gefunden|page (?:non trouvée|introuvable)|"
    r"página no encontrada|pagina non trovata|página não encontrada)\b.{0,40}$|page not found\b.{0,40}$|not found$",
    re.IGNORECASE,
)
_WALL = re.compile(
    r"(?:please )?(?:sign|log)[ -]?(?:in|up)(?: (?:to|or|and|with|required|here).{0,60})?$|(?:login|register|anmelden|"
    r"connexion|iniciar sesión|accedi|entrar)(?:\W.{0,40})?$|(?:subscribe|subscription|create an account|register)\b"
    r".{0,20}\bto (?:continue|read|access|unlock|keep reading).{0,40}$|(?:this (?:article|content|story) is for "
    r"subscribers|to continue reading|members only|subscribers only)\b.{0,60}$|(?:welcome back|my account)$",
    re.IGNORECASE,
)
_GALLERY = re.compile(
    r"(?:in pictures|(?:photo )?gallery|(?:photo|picture) (?:gallery|story)|photos|slideshow|bildergalerie|diaporama|"
    r"galería|fotogalería|fotogalleria)(?:\W|$)",
    re.IGNORECASE,
)
_LISTS = frozenset(("CollectionPage", "SearchResultsPage", "ItemList", "ProfilePage", "ImageGallery", "MediaGallery"))
_LIST_PATH = re.compile(
    r"^/?$|/(?:tags?|topics?|category|categories|author|authors|section|sections|search|archives?|page/\d+|gallery|"
    r"galleries|photos|fotos|thema|themen|rubrik|sujet|etiqueta|temas)(?:/[^/]*){0,2}/?$",
    re.IGNORECASE,
)
#: Words of the kept text below which an error page or a wall may be one; below which a page of many links is a list.
_MOST_OF_ERROR, _MOST_OF_WALL, _MOST_OF_LIST = 120, 150, 80
#: And where nothing says that the page is an article: what is kept of such a page is its chrome.
_MOST_OF_BARE_ERROR = 400
#: Headlines that are links: from so many a page may be a list. Words of such a headline.
_FEWEST_TEASERS, _TEASER_WORDS = 8, (5, 30)
#: Share of the kept blocks that stand by such a headline from which they are its summaries, and blocks between.
_BESIDE, _REACH = 0.6, 3
#: Words of kept text a headline from which they are more than summaries.
_WORDS_A_TEASER = 40
#: Pictures from which a page of few words is a gallery, words of text a picture at most, and words in all.
_FEWEST_PICTURES, _WORDS_A_PICTURE, _MOST_OF_GALLERY = 6, 40, 400
_PASSWORDS = etree.XPath("count(//input[@type='password'])")
#: By child steps only: what looks for descendants at each level takes quadratic time over nested lists.
_PICTURES = etree.XPath("count(//figure) + count(//li/img | //li/a/img | //li/div/img)")
_HEADING = etree.XPath("string((//h1)[1])")


@dataclass(frozen=True, slots=True, kw_only=True)
class Signs:
    """What the markup says of the page's kind, before it is walked: all counted in C, in time linear in its size."""

    article: bool = False
    listing: bool = False
    passwords: int = 0
    pictures: int = 0
    titles: tuple[str, ...] = ()
    path: str = ""


NO_SIGNS = Signs()


def read_signs(tree: Any, linked: Sequence[dict[str, Any]], meta: dict[str, list[str]], url: str | None) -> Signs:
    """The signs of a parsed page; ``linked`` are its JSON-LD objects, ``meta`` its meta elements."""
    types = [kind for entry in linked for kind in _types(entry)]
    articles = sum(kind.endswith(("Article", "Posting", "Report", "Review")) for kind in types)
    listing = any(kind in _LISTS for kind in types)
    og = (meta.get("og:type") or [""])[0].strip().lower()
    page = next((element.text or "" for element in tree.iter("title")), "")
    titles = (page, (meta.get("og:title") or [""])[0], _HEADING(tree))
    address = (url or "").split("#", 1)[0].split("?", 1)[0].split("//", 1)[-1]
    return Signs(
        article=og == "article" or "article:published_time" in meta or (articles == 1 and not listing),
        listing=listing,
        passwords=int(_PASSWORDS(tree)),
        pictures=int(_PICTURES(tree)),
        titles=tuple(" ".join(title[:300].split()) for title in titles if title.strip()),
        path="/" + address.partition("/")[2] if address else "-",
    )


def _types(entry: dict[str, Any]) -> list[str]:
    kinds = entry.get("@type")
    return [kind for kind in (kinds[:20] if isinstance(kinds, list) else [kinds]) if isinstance(kind, str)]


def why_no_article(signs: Signs, lines: Sequence[Line], blocks: Sequence[Block], kept: Sequence[bool]) -> str | None:
    """Why the page is no article, in words for a person; None where it may be one.

    ``kept`` says of each line whether the models take it for the article's.
    """
    size = sum(words(line.text) for line, keep in zip(lines, kept, strict=True) if keep)
    heads = [head for title in signs.titles for head in (title, *re.split(r"\s+[|–—-]\s+", title, maxsplit=4))]
    if size < (_MOST_OF_ERROR if signs.article else _MOST_OF_BARE_ERROR) and any(_ERROR.match(head) for head in heads):
        return f"an error page: {signs.titles[0]!r}"
    walled = any(_WALL.match(head) for head in heads)
    if size < _MOST_OF_WALL and walled and (signs.passwords or not signs.article):
        return f"a sign-in wall: {signs.titles[0]!r}"
    if signs.article:
        return None
    if signs.passwords and size < _MOST_OF_LIST:
        return f"a form to sign in, and {size} words"
    low, high = _TEASER_WORDS
    teasers = [
        index
        for index, (line, block) in enumerate(zip(lines, blocks, strict=True))
        if block.linked >= 0.8 and low <= words(line.text) <= high
    ]
    beside = _share_beside(teasers, kept)
    listed_path = bool(_LIST_PATH.search(signs.path))
    listed = signs.listing or listed_path
    if len(teasers) >= _FEWEST_TEASERS and (
        (size < _MOST_OF_LIST and (listed or beside >= 0.5))
        or (beside >= _BESIDE and (listed or size < _WORDS_A_TEASER * len(teasers)))
        or (signs.listing and listed_path and size < _WORDS_A_TEASER * len(teasers))
    ):
        return f"a list of {len(teasers)} headlines that are links, and {size} words"
    if (
        signs.pictures >= _FEWEST_PICTURES
        and size < min(_WORDS_A_PICTURE * signs.pictures, _MOST_OF_GALLERY)
        and (listed or size < _MOST_OF_LIST or any(_GALLERY.match(head) for head in heads))
    ):
        return f"a gallery of {signs.pictures} pictures, and {size} words"
    return None


def _share_beside(teasers: Sequence[int], kept: Sequence[bool]) -> float:
    """The share of the kept blocks that are teasers, or stand right after one; 1 where nothing is kept."""
    near: set[int] = set()
    for index in teasers:
        near.update(range(index, index + _REACH))
    places = [index for index, keep in enumerate(kept) if keep]
    return sum(place in near for place in places) / len(places) if places else 1.0
