"""Every kind of hostile input passes each stage within its time; those that once took quadratic time grow as they do.

The kinds are ``benchmarks/hostile_inputs.py``'s, which ``benchmarks/bench_hostile.py`` measures at every size.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TypeVar

import pytest
from hostile_inputs import BODIES, DUMPS, KINDS, PAGES, TEXTS

from streams.contracts.records import CleanArticle, RawArticle, Rejection, TaggedArticle
from streams.stages.clean import Cleaner, extraction
from streams.stages.clean.features import extractor_features
from streams.stages.cluster import Clusterer
from streams.stages.tag.ner import RawSpan, create_backend, fast
from streams.stages.tag.tagger import MOST_READ, MOST_WORDS, Tagger

T = TypeVar("T")

CLEANER = Cleaner()
#: Bytes of each kind, and seconds of processor time that one may take: ten times what the slowest does.
SIZE, LIMIT = 30_000, 4.0


class Capitals:
    """A backend that takes every run of capitalised words for a name: more than any model finds, at no cost."""

    name, languages = "capitals", frozenset({"en"})
    relabel: str | None = None
    _RUN = re.compile(r"[A-Z][\w'’.-]*(?: [A-Z][\w'’.-]*)*")

    def find(self, texts: Sequence[str]) -> list[list[RawSpan]]:
        return [
            [
                RawSpan(match.start(), match.end(), ("GPE", "ORG", "PERSON", "PERSON")[match.group().find(" ") % 4])
                for match in self._RUN.finditer(text)
            ]
            for text in texts
        ]


TAGGER = Tagger(Capitals(), {})


def tag(text: str) -> TaggedArticle:
    return TAGGER.tag([CleanArticle(id="a", text=text, title=text[:400].upper(), language="en", source="One")])[0]


def clean(kind: str, size: int) -> CleanArticle | Rejection:
    return CLEANER.clean(RawArticle(url="https://example.org/a", **KINDS[kind](size)))


def timed(work: Callable[[], T]) -> tuple[float, T]:
    """Seconds of processor time that it took, and what it returned."""
    started = time.process_time()
    done = work()
    return time.process_time() - started, done


@pytest.mark.parametrize("table_of", ["pages", "dumps", "texts", "bodies"])
def test_a_verdict_in_time(table_of: str) -> None:
    slow = {
        kind: spent
        for kind in KINDS
        if kind.startswith(f"{table_of}/") and (spent := timed(partial(clean, kind, SIZE))[0]) > LIMIT
    }
    assert not slow


def test_names_and_quotations_and_stories_in_time() -> None:
    slow = {}
    for kind, make in (TEXTS | DUMPS).items():
        spent, tagged = timed(partial(tag, make(SIZE)))
        if spent > LIMIT:
            slow[f"tag {kind}"] = spent
        spent, _ = timed(partial(cluster, tagged))
        if spent > LIMIT:
            slow[f"cluster {kind}"] = spent
    assert not slow


def test_the_fast_recogniser_in_time() -> None:
    """What it reads is bounded; the slowest kind takes an eighth of a second."""
    backend = create_backend("fast", Path("nowhere"))
    slow = {}
    for kind, make in (TEXTS | DUMPS).items():
        spent = timed(partial(backend.find, [make(2 * fast.MOST_READ)]))[0]
        if spent > LIMIT:
            slow[kind] = spent
    assert not slow


def cluster(article: TaggedArticle) -> None:
    clusterer = Clusterer()
    for number in range(4):
        one = replace(article, id=f"a{number}", source=f"Outlet {number}")
        decision = clusterer.decide(one)
        assert decision is not None
        clusterer.apply(one, decision, number)


#: Kinds that took quadratic time or raised, and the smaller of two sizes at which that shows.
ONCE_QUADRATIC = {
    "pages/title_bars": 25_000,
    "pages/title_dashes": 25_000,
    "pages/title_bars_bare": 25_000,
    "pages/meta_combining": 10_000,
    "pages/title_combining": 25_000,
    "pages/formatting_open": 10_000,
    "pages/formatting_of_cells": 25_000,
    "pages/body_attributes": 150_000,
    "pages/dates_nested": 25_000,
    "pages/dates_empty_nested": 25_000,
    "pages/paragraphs_unclosed": 60_000,
    "bodies/title_combining": 60_000,
    "texts/open_quotes": 50_000,
    "texts/quotes": 50_000,
    "texts/quote_paragraphs": 50_000,
    "texts/single_plurals": 50_000,
    "texts/single_far": 50_000,
    "texts/guillemets": 50_000,
    "texts/speakers_distinct": 50_000,
    "texts/names": 50_000,
    "texts/names_and": 50_000,
    "texts/names_commas": 50_000,
    "texts/names_distinct": 50_000,
    "texts/one_first_name": 50_000,
    "texts/sharing_a_surname": 50_000,
    "texts/lists_distinct": 50_000,
    "texts/datelines_lines": 50_000,
    "texts/clubs": 50_000,
}


@pytest.mark.parametrize("kind", sorted(ONCE_QUADRATIC))
def test_cost_grows_as_size(kind: str) -> None:
    def spent(size: int) -> float:
        if kind.startswith("texts/"):
            text = TEXTS[kind.removeprefix("texts/")](size)
            return timed(lambda: tag(text))[0]
        return timed(lambda: clean(kind, size))[0]

    small = spent(ONCE_QUADRATIC[kind])
    # Four times the size is four times the work; sixteen times were it quadratic. The rest is for a noisy machine.
    assert spent(4 * ONCE_QUADRATIC[kind]) < 7 * small + 0.3


def test_pages_of_very_many_elements_are_judged_by_their_text_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    def describe_page(*_: object) -> None:
        raise AssertionError("other extractors were asked")

    monkeypatch.setattr(extraction, "describe_page", describe_page)
    for body in ("<p>x y z</p>" * (extraction.MAX_ELEMENTS + 1), "<div>" * 200 + "<p>x y z</p>" * 6000):
        content = PAGES["paragraphs_of_prose"](9000).replace("</body>", f"{body}</body>")
        outcome = CLEANER.clean(RawArticle(content=content, content_type="text/html"))
        assert isinstance(outcome, CleanArticle)


def test_tags_that_multiply_are_left_out_where_there_are_many() -> None:
    for kind, tag_of in (("formatting_open", "<b id"), ("body_attributes", "<body")):
        assert tag_of in PAGES[kind](50_000)
        assert tag_of not in extractor_features.without_multipliers(PAGES[kind](50_000))
    page = PAGES["paragraphs_of_prose"](50_000).replace("mayor", "<b>mayor</b>", 150)
    assert extractor_features.without_multipliers(page) == page


def test_what_is_not_read_is_said_to_be_cut() -> None:
    names = "Ann Lee said so. "
    for text in (names * (MOST_READ // len(names) + 2), "A " * (MOST_WORDS + 5)):
        article = tag(text)
        assert article.text == text
        assert {"entities", "quotes"} <= set(article.cut)


def test_no_kind_is_missing() -> None:
    assert len(KINDS) == len(PAGES) + len(DUMPS) + len(TEXTS) + len(BODIES) > 240
    assert set(ONCE_QUADRATIC) <= set(KINDS)
