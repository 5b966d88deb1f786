"""Who wrote a page's article: from JSON-LD, meta elements, and the bylines that the page prints."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import islice
from typing import Any

from lxml import etree

from streams.stages.clean.metadata.authors import clean_names
from streams.stages.clean.metadata.markup import first_name, is_article, label_of, text_of
from streams.stages.clean.metadata.surroundings import Printed
from streams.stages.clean.parse.bodies import names
from streams.text import fold

#: Names of meta elements (``name``, ``property`` or ``itemprop``), lower case, most trusted first.
_AUTHORS = (
    "author", "article:author", "og:article:author", "byl", "parsely-author", "sailthru.author", "dc.creator",
    "dcterms.creator", "dc.creator.name", "article:author_name", "cxenseparse:author", "rnews:author",
    "citation_author", "creator",
)  # fmt: skip
_BY = (
    r"(?:(?:written|authored|posted|published|reported|story|words|text|article|reviewed|created|contributed)\s+)?"
    r"(?:by|von|por|par|di|da|av|af|od|от|автор|text|testo|texto|texte|authors?|autor|auteur|autore|penulis|oleh)"
)
_BY_ALONE = re.compile(rf"(?:.{{0,40}}[\d|•·–—-]\s*)?{_BY}\s*[:：]?$", re.IGNORECASE)
_BY_NAME = re.compile(rf"{_BY}\s*[:：]?\s+\S", re.IGNORECASE)
#: A name with a surname, where nothing but a link or a label says that it is one.
_CAPITALS = re.compile(r"[^\W\d_a-zß-öø-ÿ]\S*(?: \S+){0,3} [^\W\d_a-zß-öø-ÿ]\S*$|\S+$")
_BY_BEFORE = re.compile(rf"{_BY}\s*[:：]?\s+", re.IGNORECASE)
_DESK = re.compile(
    r"^(?-i:[A-Z0-9]).*\b(?:staff|team|editors?|desk|editorial|newsroom|contributors?|writers?|bureau)$", re.IGNORECASE
)
_JOINS = re.compile(r"(?:,|&|and|und|et|y|e|,\s*and|with|/|\||•|·)$", re.IGNORECASE)
#: Where a site lists what a person wrote.
_OF_PERSON = re.compile(
    r"/(?:authors?|autor(?:es)?|auteurs?|people|staff|contributors?|writers?|profiles?|producers?|journalists?|"
    r"columnists?|reporters?|redakteure?|by|team|users?|members?|bio)/[^/?#]+",
    re.IGNORECASE,
)
_BYLINE = re.compile(r"(?:^|[\s_-])(?:byline|author|authors|auteur|autor|by-line|writer|contributor)", re.IGNORECASE)
_BYLINE_NEAR = re.compile(r"by-?_?line|author|writer|contributor|auteur|autor", re.IGNORECASE)
_NOT_BYLINE = re.compile(r"comment|bio|related|avatar|image|photo|social|follow|more|date|time|reply", re.IGNORECASE)
_NOT_NEAR = re.compile(
    r"comment|avatar|social|follow|date|time|reply|title|role|job|position|count|tag|categ", re.IGNORECASE
)
_RELATED = etree.XPath("descendant::a[@rel]")
_LINKED = etree.XPath("descendant::a[contains(@href, '/author')]")
#: Elements looked at for a label or a link.
_MOST_LOOKED_AT, _MOST_LINKS = 20_000, 50
#: Names of a byline, and of those that one may be for the page not to be a list of many people's articles.
_MOST_NAMES, _FEW = 6, 2
#: JSON-LD articles whose authors are read: each may be looked up in the whole graph.
_MOST_ARTICLES = 10
#: Accounts that nobody is named by.
_NOBODY = re.compile(
    r"^(?:(?:site |web )?admin(?:istrator)?\d*|web ?master|root|user\d*|editor|author|guest|anonymous|unknown|null|"
    r"none|undefined|default|support|info|staff|team|wordpress)$",
    re.IGNORECASE,
)


def page_authors(
    tree: Any,
    linked: Sequence[dict[str, Any]],
    meta: dict[str, list[str]],
    outlets: Sequence[str],
    near: Sequence[Printed],
) -> list[str]:
    """The article's authors, at most some; empty where the page names none.

    People come first, from the place most to be trusted: what the article's JSON-LD says, meta elements, links with
    ``rel=author``, the byline by the headline (``near``: the texts around it), elements labelled as bylines. Only
    where no person is named, a desk or an outlet that structured data says to be the author.
    """
    articles = [entry for entry in linked if is_article(entry)][:_MOST_ARTICLES]
    stated = [name for entry in articles for name in _of_entry(entry, linked)][:10]
    given = [value for key in _AUTHORS for value in meta.get(key, ())][:10]
    given += _written_by(meta)
    return (
        clean_names(stated, outlets)
        or clean_names(given, outlets)
        or clean_names(_related(tree), outlets)
        or clean_names(_printed(near), outlets)[:_MOST_NAMES]
        or clean_names(_labelled(tree), outlets)
        or clean_names(_only_person(linked), outlets)
        or clean_names(_only_link(tree), outlets)
        or _collective([*stated, *given, *_desks(_printed(near), outlets)])
    )


def _of_entry(entry: dict[str, Any], linked: Sequence[dict[str, Any]]) -> list[str]:
    """The names of a JSON-LD author; one that is only referred to by its id is looked up in the page's graph."""
    value = entry.get("author")
    found = names(value)
    if found:
        return found
    members = value if isinstance(value, list) else [value]
    wanted = {
        member["@id"] for member in members[:20] if isinstance(member, dict) and isinstance(member.get("@id"), str)
    }
    if not wanted:
        return []
    return [name for other in linked if _id(other) in wanted for name in names({**other, "author": None})][:10]


def _id(entry: dict[str, Any]) -> str:
    value = entry.get("@id")
    return value if isinstance(value, str) else ""


def _written_by(meta: dict[str, list[str]]) -> list[str]:
    """``twitter:label1`` "Written by", ``twitter:data1`` the name."""
    return [
        meta[f"twitter:data{number}"][0]
        for number in (1, 2)
        if f"twitter:data{number}" in meta
        and _BY_ALONE.match(next(iter(meta.get(f"twitter:label{number}", ())), "")[:100])
    ]


def _related(tree: Any) -> list[str]:
    for element in _RELATED(tree):
        if "author" in element.get("rel"):
            text = text_of(element)
            if 3 < len(text) < 60:
                return [text]
    return []


def _printed(near: Sequence[Printed]) -> list[str]:
    """The names in the texts around the headline: after "By", in links to a person's page, in labelled elements."""
    found: list[str] = []
    expected = False
    for piece in near:
        text = piece.text
        if _BY_ALONE.match(text[:100]):
            if found:
                break
            expected = True
        elif _JOINS.match(text[:20]):
            expected = expected or bool(found)
        elif len(text) < 120 and _BY_NAME.match(text):
            if found:
                break
            found.append(text)
        elif len(text) < 80 and (expected or (_is_of_person(piece) and _CAPITALS.match(text))):
            found.append(text)
            expected = False
        elif found:
            break
        else:
            expected = False
        if len(found) >= _MOST_NAMES:
            break
    return found


def _is_of_person(piece: Printed) -> bool:
    element = piece.element
    for _ in range(3):
        if element is None:
            break
        if element.tag == "a":
            return bool(_OF_PERSON.search((element.get("href") or "")[:500]))
        element = element.getparent()
    if not 1 < len(piece.text.split()) < 6:
        return False
    label = piece.label
    return bool(_BYLINE_NEAR.search(label)) and not _NOT_NEAR.search(label)


def _labelled(tree: Any) -> list[str]:
    """Names in elements that are labelled as bylines, the first that has some."""
    for element in islice(tree.iter("span", "div", "p", "a", "address", "li", "strong", "cite"), _MOST_LOOKED_AT):
        label = label_of(element)
        if label and _BYLINE.search(label) and not _NOT_BYLINE.search(label):
            text = text_of(element)
            if 3 < len(text) < 120 and clean_names([text]):
                return [text]
    return []


def _only_person(linked: Sequence[dict[str, Any]]) -> list[str]:
    """The one person that the page's JSON-LD describes."""
    people = {name for entry in linked if entry.get("@type") == "Person" and (name := first_name(entry))}
    return list(people) if len(people) == 1 else []


def _only_link(tree: Any) -> list[str]:
    """Whom the page's links to authors' pages name, where those are few."""
    people: dict[str, str] = {}
    for element in _LINKED(tree)[:_MOST_LINKS]:
        if _OF_PERSON.search(element.get("href")[:500]):
            text = text_of(element)
            if 3 < len(text) < 60 and " " in text:
                people.setdefault(text.casefold(), text)
    return list(people.values())[:1] if len(people) <= _FEW else []


def _collective(stated: Sequence[str]) -> list[str]:
    """The desk, outlet or account that structured data says to be the author."""
    return list({fold(name): name for name in reversed(list(_told(stated)))}.values())[-1:]


def _desks(texts: Sequence[str], outlets: Sequence[str]) -> Iterator[str]:
    """Of printed bylines those that name a desk ("Podium Staff"), or the outlet itself."""
    houses = {fold(outlet) for outlet in outlets if outlet}
    for text in texts:
        name = _BY_BEFORE.sub("", text)
        if _DESK.search(name) or fold(name) in houses:
            yield name


def _told(stated: Sequence[str]) -> Iterator[str]:
    for value in stated:
        text = " ".join(value.split())
        if 2 < len(text) < 60 and len(text.split()) <= 6 and not _NOBODY.match(text) and not re.search("[@/:<>]", text):
            yield text
