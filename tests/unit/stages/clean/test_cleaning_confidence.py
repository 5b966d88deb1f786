"""How good a text is likely to be, and when an extractor's own text is taken."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest

from streams.contracts import limits
from streams.contracts.records import CleanArticle, RawArticle
from streams.models.table import Table
from streams.models.trees import Trees, load
from streams.stages.clean import Cleaner
from streams.stages.clean.features import extractor_features
from streams.stages.clean.features.line_features import describe, describe_gaps
from streams.stages.clean.memory.context import Context
from streams.stages.clean.model import choice
from streams.stages.clean.model.choice import Choice, choose_page
from streams.stages.clean.model.confidence import DUMP_SIGNALS, SIGNALS, expected_f1, signals
from streams.stages.clean.model.line_classifier import PAGE_NAMES, PAGE_THRESHOLD, LineClassifiers, shipped
from streams.stages.clean.parse.lines import Line, line_key, split

PROSE = [
    "The ferry to Lindvik ran aground in thick fog on Monday, the coast guard said.",
    "Divers who looked at its hull for most of the night have found no leak in it.",
]
LINES = [Line(0, 0, text, 1) for text in ("Home", *PROSE, "Log in")]
#: A score that drops a block, and nearly keeps it.
HESITANT = PAGE_THRESHOLD - 0.01
TREES = '{"depth": 1, "bias": 0, "features": ["size"], "trees": [[[0, ["size", %s]], [1, [%s]], [2, [%s]]]]}'


def rows(**columns: Sequence[float]) -> Table:
    """A page's four blocks: a menu, two sentences, a button."""
    known: dict[str, Any] = {name: np.zeros(len(LINES)) for name in PAGE_NAMES}
    known |= {"words": [1, 14, 16, 2], "terminal": [0, 1, 1, 0], "link_share": [1, 0, 0.5, 1], **columns}
    return Table.of(known)


def trees(size: float, below: float, above: float) -> Trees:
    """The logits ``below`` and ``above`` so many kept words (logarithm)."""
    return load((TREES % (size, below, above)).encode(), tuple(SIGNALS))


class Scorer:
    def __init__(self, scores: Sequence[float]) -> None:
        self.given = np.array(scores)

    def scores(self, _: Table) -> Any:
        return self.given


def chosen(scores: Sequence[float], table: Table, confidence: Trees | None) -> Choice:
    classifiers: Any = LineClassifiers(dump=shipped().dump, page=Scorer(scores), page_confidence=confidence)  # type: ignore[arg-type]
    return choose_page(LINES, table, None, classifiers)


def kept(found: Choice) -> list[int]:
    return [index for index, verdict in enumerate(found.verdicts) if verdict.reason is None]


def test_signals_are_shares_of_words() -> None:
    scores = np.array([0.0, 1.0, 0.5, 0.0])
    row = signals(rows(trafilatura=[0, 1, 0, 0]), scores, [False, True, True, False])
    told = {name: round(float(row[name][0]), 3) for name in row.names}
    assert len(row) == 1
    assert told["share"] == round(30 / 33, 3)
    assert told["expected_precision"] == round(22 / 30, 3)
    assert told["expected_recall"] == 1.0
    assert told["doubt_kept"] == round(8 / 30, 3)
    assert told["linked"] == round(8 / 30, 3)
    assert told["stretches"] == round(float(np.log1p(1)), 3)
    assert (told["trafilatura_precision"], told["trafilatura_recall"]) == (round(14 / 30, 3), 1.0)
    assert told["trafilatura_agreement"] == round(2 * 14 / 44, 3)


@pytest.mark.parametrize("mask", [[False] * 4, [True] * 4])
def test_signals_of_nothing_and_of_everything_are_finite(mask: list[bool]) -> None:
    assert np.isfinite(signals(rows(), np.zeros(4), mask).values).all()


def test_without_trees_nothing_tells_and_the_text_is_ours() -> None:
    found = chosen([0, 1, 1, 0], rows(trafilatura=[0, 1, 0, 0]), None)
    assert (kept(found), found.confidence, found.fallback) == ([1, 2], None, None)


def test_an_extractors_text_is_taken_where_more_is_expected_of_it() -> None:
    """Trees that believe in long texts only: ours has one sentence, trafilatura's both, the second of them in doubt."""
    found = chosen([0, 1, HESITANT, 0], rows(trafilatura=[0, 1, 1, 0]), trees(3.0, -1.0, 1.0))
    assert (kept(found), found.fallback) == ([1, 2], "trafilatura")
    assert found.confidence == round(1 / (1 + np.exp(-1.0)), 3)


def test_an_extractors_text_that_the_line_scores_speak_against_is_not_taken() -> None:
    found = chosen([0, 1, 0, 0], rows(trafilatura=[0, 1, 1, 0]), trees(3.0, -1.0, 1.0))
    assert (kept(found), found.fallback) == ([1], None)


def test_a_text_that_is_expected_to_be_good_or_no_worse_stays_ours() -> None:
    votes = rows(trafilatura=[0, 1, 1, 0])
    sure = chosen([0, 1, HESITANT, 0], votes, trees(3.0, 2.5, 5.0))
    assert sure.confidence is not None
    assert sure.confidence >= choice.DOUBTFUL
    assert sure.fallback is None
    close = chosen([0, 1, HESITANT, 0], votes, trees(3.0, 0.0, 0.05))
    assert (kept(close), close.fallback, close.confidence) == ([1], None, 0.5)


def test_shipped_confidence_prefers_an_article_to_its_menu() -> None:
    confidence = shipped().page_confidence
    assert confidence is not None
    table = rows(trafilatura=[0, 1, 1, 0], resiliparse=[0, 1, 1, 0], is_p=[0, 1, 1, 0])
    scores = np.array([0.02, 0.99, 0.98, 0.03])
    right, wrong = (
        expected_f1(confidence, signals(table, scores, mask))
        for mask in ([False, True, True, False], [True, False, False, True])
    )
    assert 0.0 <= wrong < right <= 1.0


def test_pages_and_dumps_have_a_confidence() -> None:
    body = "".join(f"<p>{text} All on board were taken ashore by noon.</p>" for text in PROSE)
    page = RawArticle(content=f"<html><body><article>{body}</article></body></html>", content_type="text/html")
    for raw in (page, RawArticle(content="\n\n".join(PROSE))):
        told = Cleaner().clean(raw)
        assert isinstance(told, CleanArticle)
        assert told.confidence is not None
        assert 0 < told.confidence <= 1


def test_a_dump_whose_comments_were_kept_is_trusted_less() -> None:
    """The same lines and scores; all of them are kept, or the article's alone."""
    lines = split("\n\n".join(["Home", "Sport", *PROSE, "3 comments", "I was there, and so was my dog.", "Me too!"]))
    rows = describe(lines, None).beside(describe_gaps([False] * len(lines)))
    scores = np.array([0.02, 0.02, 0.98, 0.97, 0.05, 0.1, 0.05])
    trees = shipped().dump_confidence
    assert trees is not None
    right, wrong = (
        expected_f1(trees, signals(rows, scores, mask, DUMP_SIGNALS)) for mask in ((scores > 0.5).tolist(), [True] * 7)
    )
    assert 0.0 <= wrong < right <= 1.0


def test_lines_that_a_hosts_memory_sets_aside_all_leave_no_confidence() -> None:
    lines = split("Home\n\nSport")
    known = Context(pages=4, lines={line_key(line.text): 4 for line in lines})
    assert choice.choose_dump(lines, None, known, shipped()).confidence is None


@pytest.mark.parametrize(("given", "kept_as"), [(0.5, 0.5), (1.5, None), (-0.1, None), (float("nan"), None)])
def test_a_confidence_from_outside_is_a_share_or_nothing(given: float, kept_as: float | None) -> None:
    assert limits.bounded(CleanArticle(id="a", text="x", confidence=given)).confidence == kept_as


def test_trafilatura_is_asked_again_where_it_kept_next_to_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []

    def thorough(source: str) -> str:
        asked.append(source)
        return PROSE[0]

    monkeypatch.setattr(extractor_features, "_thorough_trafilatura", thorough)
    monkeypatch.setitem(extractor_features.EXTRACTORS, "trafilatura", lambda _, __: "")
    monkeypatch.setitem(extractor_features.EXTRACTORS, "resiliparse", lambda _, __: "\n".join(PROSE))
    table = extractor_features.votes("<p>", None, LINES)
    assert asked == ["<p>"]
    assert table["trafilatura"].tolist() == [0, 1, 0, 0]
    monkeypatch.setattr(extractor_features, "_LARGE", 1)
    assert extractor_features.votes("<p>", None, LINES)["trafilatura"].tolist() == [0] * 4
    assert asked == ["<p>"]
