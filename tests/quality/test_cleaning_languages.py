"""Pinned floors of cleaning where nothing is English: the project's own pages with their chrome and article translated.

The markup is that of the pages; `data/translated.tsv` has the words: the chrome's phrases, a headline, and paragraphs
that take the places of the article's.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from lxml import etree, html

from streams.contracts.records import CleanArticle, RawArticle
from streams.stages.clean import Cleaner
from training.cleaning_data import score

pytestmark = pytest.mark.quality

HERE = Path(__file__).parent
CLEANER = Cleaner()
#: Language → F1 of pages and of dumps, at least.
FLOORS = {"de": (0.958, 0.948), "fr": (0.948, 0.935), "es": (0.946, 0.924), "ru": (0.946, 0.917)}


def words(language: str) -> tuple[dict[str, str], str, list[str]]:
    """The chrome's phrases with their translations, the longest first; a headline; paragraphs."""
    head, *rows = (HERE / "data" / "translated.tsv").read_text(encoding="utf-8").splitlines()
    at = head.split("\t").index(language)
    pairs = [(row.split("\t")[0], row.split("\t")[at]) for row in rows]
    phrases = {english: there for english, there in pairs if english not in ("title", "paragraph")}
    order = sorted(phrases, key=len, reverse=True)
    title = next(there for english, there in pairs if english == "title")
    return {key: phrases[key] for key in order}, title, [there for english, there in pairs if english == "paragraph"]


def translated(source: str, gold: dict[str, Any], language: str) -> tuple[str, list[str]] | None:
    """The page in another language, and its paragraphs; None where one has no place of its own in the markup."""
    phrases, title, texts = words(language)
    tree = html.fromstring(source)
    wanted = dict(zip(gold["paragraphs"], texts, strict=False))
    if len(wanted) < len(gold["paragraphs"]):
        return None
    found: set[str] = set()
    for element in tree.iter("p", "div", "td", "li", "blockquote"):
        there = wanted.get(" ".join(element.text_content().split()))
        if there and not element.xpath(".//p | .//div"):
            found.add(there)
            for child in list(element):
                element.remove(child)
            element.text = there
    for node in tree.iter(etree.Element):
        for part in ("text", "tail"):
            text = getattr(node, part)
            if not text or node.tag in ("script", "style") or text.strip() in found:
                continue
            plain = " ".join(text.split())
            if plain in wanted:
                found.add(wanted[plain])
                setattr(node, part, wanted[plain])
                continue
            for english, there in {gold["title"]: title, **phrases}.items():
                text = text.replace(english, there)
            setattr(node, part, text)
    kept = list(wanted.values())
    return (html.tostring(tree, encoding="unicode"), kept) if found == set(kept) else None


def pages(language: str) -> Iterator[tuple[str, list[str]]]:
    for path in sorted((HERE / "pages").glob("*.json")):
        gold = json.loads(path.read_text(encoding="utf-8"))
        page = translated(path.with_suffix(".html").read_text(encoding="utf-8"), gold, language)
        if page is not None:
            yield page


def cleaned(content: str, kind: str) -> str:
    outcome = CLEANER.clean(RawArticle(content=content, content_type=kind))
    return outcome.text if isinstance(outcome, CleanArticle) else ""


def dumped(page: str) -> str:
    """The page as a naive crawler would print it."""
    return "\n".join(html.fromstring(page).find("body").xpath(".//text()[not(parent::script) and not(parent::style)]"))


@pytest.mark.parametrize("language", FLOORS)
def test_pages_and_dumps_in_another_language(language: str) -> None:
    found = list(pages(language))
    assert len(found) >= 30
    floor, floor_of_dumps = FLOORS[language]
    figures = score([("\n".join(body), cleaned(page, "text/html")) for page, body in found])
    assert figures["f1"] >= floor, figures
    figures = score([("\n".join(body), cleaned(dumped(page), "text/plain")) for page, body in found])
    assert figures["f1"] >= floor_of_dumps, figures
