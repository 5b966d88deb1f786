"""Cleaning's features by their values, on a text dump and a page small enough to count by hand."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from importlib.resources import files

import numpy as np
import pytest

from streams.contracts import codec
from streams.models.table import Table
from streams.stages.clean.extraction import describe_page
from streams.stages.clean.features.characters import words_by_line
from streams.stages.clean.features.lexical_features import LEXICAL, read_marks
from streams.stages.clean.features.line_features import describe, describe_gaps
from streams.stages.clean.model.line_classifier import DUMP_NAMES, PAGE_NAMES, SECOND, shipped, with_scores
from streams.stages.clean.parse.lines import split
from streams.stages.clean.parse.pages import parse, read_page

DUMP = """Home
Sport


  Harbour closed

The harbour of Esbjerg will be closed for two weeks, the port authority said on Monday.

Ships have been told to sail to Aarhus instead, a detour of some ten hours. "Why?" asked the mayor.

3 comments

Home"""
LINES: dict[str, list[float]] = {
    "words": [1, 1, 2, 16, 19, 2, 1],
    "chars": [4, 5, 14, 87, 99, 10, 4],
    "terminal": [0, 0, 0, 1, 1, 0, 0],
    "commas": [0, 0, 0, 1, 1, 0, 0],
    "stops": [0, 0, 0, 0, 1, 0, 0],
    "capitals": [1, 1, 1 / 2, 3 / 16, 3 / 19, 0, 1],
    "digits": [0, 0, 0, 0, 0, 1 / 2, 0],
    "date": [0, 0, 0, 1, 0, 0, 0],
    "talk": [0, 0, 0, 0, 0, 1, 0],
    "short_words": [0, 0, 0, 6 / 16, 6 / 19, 0, 0],
    "repeated": [1, 0, 0, 0, 0, 0, 1],
    "title_overlap": [0, 0, 1, 2 / 9, 0, 0, 0],
    "blanks_before": [0, 0, math.log(3), *[math.log(2)] * 4],
    "blanks_after": [0, math.log(3), *[math.log(2)] * 4, 0],
    "indent": [0, 0, 2, 0, 0, 0, 0],
    "prose": [0, 0, 0, 1, 1, 0, 0],
    "comments": [0, 0, 0, 0, 0, 1, 0],
    "position": [index / 7 for index in range(7)],
    "words_before": [0, 1 / 42, 2 / 42, 4 / 42, 20 / 42, 39 / 42, 41 / 42],
    "words_after": [41 / 42, 40 / 42, 38 / 42, 22 / 42, 3 / 42, 1 / 42, 0],
    "block_lines": [2, 2, 1, 1, 1, 1, 1],
    "block_place": [0, 1 / 2, 0, 0, 0, 0, 0],
    "in_core": [0, 0, 0, 1, 1, 0, 0],
    "core_distance": [-math.log(4), -math.log(3), -math.log(2), 0, 0, math.log(2), math.log(3)],
    "core_share": [-4 / 35, -3 / 35, -2 / 35, 0, 16 / 35, 1, 37 / 35],
    "topic_overlap": [0, 0, 1, 0, 0, 0, 0],
    "prose_before": [0, 0, 0, 0, 1, 2, 2],
    "since_prose": [50, 50, 50, 0, 0, 1, 2],
    "until_prose": [3, 2, 1, 0, 0, 50, 50],
    "indent_core": [0, 0, 2, 0, 0, 0, 0],
    "lines": [math.log(8)] * 7,
    "core_words": [math.log(36)] * 7,
    "around_words_2": [4, 20, 39, 40, 40, 38, 22],
    "prose_run": [0, 0, 0, 1, 2, 0, 0],
    "since_heading": [-2, -1, 0, 1, 2, 3, 4],
    "comments_before": [0, 0, 0, 0, 0, 1, 2],
    "words-2": [-1, -1, 1, 1, 2, 16, 19],
    "words+1": [1, 2, 16, 19, 2, 1, -1],
}
PAGE = (
    "<html><body><nav class='menu'><ul><li><a href=/>Home</a></li><li><a href=/sport>Sport pages</a></li></ul></nav>"
    "<div id='story-body'><h1>Harbour closed</h1>"
    "<p>The harbour of Esbjerg will be <b>closed</b> for two weeks, the port authority said on Monday.</p>"
    "<p>Ships have been told to sail to Aarhus instead, a detour of some ten hours.</p>"
    "<p>The last ferry leaves at noon, and <a href=/timetable>nobody knows</a> when the next one will sail again.</p>"
    "</div></body></html>"
)
MARKUP: dict[str, list[float]] = {
    "link_share": [1, 1, 0, 0, 0, 12 / 82],
    "links": [1, 1, 0, 0, 0, 1],
    "is_p": [0, 0, 0, 1, 1, 1],
    "is_li": [1, 1, 0, 0, 0, 0],
    "is_heading": [0, 0, 1, 0, 0, 0],
    "emphasis": [0, 0, 0, 6 / 87, 0, 0],
    "near_body": [0, 0, 1, 1, 1, 1],
    "any_body": [0, 0, 1, 1, 1, 1],
    "any_frame": [1, 1, 0, 0, 0, 0],
    "in_nav": [1, 1, 0, 0, 0, 0],
    "in_ul": [1, 1, 0, 0, 0, 0],
    "siblings": [2, 2, 4, 4, 4, 4],
    "parent_words": [15, 15, 258, 258, 258, 258],
    "h1_before": [0, 0, 1, 1, 1, 1],
    "h1_distance": [-1, -1, 0, 1, 2, 3],
    "trafilatura": [0, 0, 1, 1, 1, 1],
    "trafilatura_above": [0, 0, 0, 1, 1, 1],
    "trafilatura_below": [0, 1, 1, 1, 1, 0],
}


def assert_columns(table: Table, expected: Mapping[str, Sequence[float]]) -> None:
    found = {name: table[name].tolist() for name in expected}
    assert found == {name: pytest.approx(values, rel=1e-6) for name, values in expected.items()}


def test_what_a_dump_s_lines_look_like() -> None:
    assert_columns(describe(split(DUMP), "Harbour closed"), LINES)


def test_where_lines_were_set_aside() -> None:
    aside = [True, True, False, False, True, False]
    expected: dict[str, list[float]] = {
        "aside_above": [math.log(3), 0, math.log(2)],
        "aside_below": [0, math.log(2), 0],
        "aside_share": [1 / 2, 1 / 2, 1 / 2],
    }
    assert_columns(describe_gaps(aside), expected)


def test_what_a_page_s_blocks_look_like() -> None:
    page = read_page(parse(PAGE))
    assert_columns(describe_page(PAGE, page, "Harbour closed"), MARKUP)


def test_what_the_second_round_sees() -> None:
    rows = Table.of({"words": [10, 0, 20, 10]})
    expected: dict[str, list[float]] = {
        "words": [10, 0, 20, 10],
        "score": [0.9, 0.1, 0.5, 0.6],
        "score-1": [0, 0.9, 0.1, 0.5],
        "score+2": [0.5, 0.6, 0, 0],
        "scores_2": [1.5, 2.1, 2.1, 1.2],
        "by_words_3": [25 / 40] * 4,
        "mass_before": [0, 9 / 25, 9 / 25, 19 / 25],
        "mass_after": [16 / 25, 16 / 25, 6 / 25, 0],
        "best_before": [0, 0.9, 0.9, 0.9],
        "best_after": [0.6, 0.6, 0.6, 0],
        "since_likely": [50, 1, 2, 3],
        "until_likely": [3, 2, 1, 50],
        "likely_words": [math.log(26)] * 4,
        "likely_share": [25 / 40] * 4,
    }
    assert_columns(with_scores(rows, np.array([0.9, 0.1, 0.5, 0.6])), expected)


def test_what_is_described_is_what_the_weights_read() -> None:
    page = read_page(parse(PAGE))
    lines = split(DUMP)
    classifiers = shipped()
    assert describe_page(PAGE, page, None).names == PAGE_NAMES == classifiers.page.first.names
    dump = describe(lines, None).beside(describe_gaps([False] * len(lines)))
    assert dump.names == DUMP_NAMES == classifiers.dump.first.names
    assert with_scores(dump, np.zeros(len(dump))).names == (*DUMP_NAMES, *SECOND) == classifiers.dump.second.names


@pytest.mark.parametrize("kind", ["dump", "page"])
def test_the_shipped_weights_name_every_feature_and_no_other(kind: str) -> None:
    names = DUMP_NAMES if kind == "dump" else PAGE_NAMES
    folder = files("streams.stages.clean.model") / "weights"
    for number, expected in ((1, names), (2, (*names, *SECOND))):
        assert codec.loads((folder / f"{kind}_{number}.json").read_bytes())["features"] == list(expected)


def test_words_and_marks_are_those_that_patterns_find() -> None:
    """In a code page, in other scripts, and beyond the first plane: by the definitions that the tables stand for."""
    texts = [
        "It’s 3 O'clock, in 2 h.",
        "Ünder_x: ÀB ßx →",
        "今日は、12:30。",
        "ǅungla Ⓐ 😀 𝔘x İstanbul",
        "…",
        "a" * 70_000 + " b.",
    ]
    marks = read_marks([*texts, *texts, *texts, *texts])
    words = [re.findall(r"\w+", text) for text in texts]
    wide = [len(re.findall(r"[\u3000-\u9fff]", text.replace("、", "").replace("。", ""))) for text in texts]
    counted = marks.values[:, LEXICAL.index("words")].tolist()
    assert counted == [len(some) + many // 2 for some, many in zip(words, wide, strict=True)] * 4
    assert words_by_line(texts) == words
    found = [
        [w for w, line in zip(marks.long_words, marks.line_of, strict=True) if line == index] for index in range(6)
    ]
    assert found == [[word.lower() for word in some if len(word.lower()) > 3] for some in words]
    for name, expected in dict[str, Sequence[float]](
        {
            "commas": [text.count(",") + text.count("、") for text in texts],
            "shouting": [text.isupper() for text in texts],
            "ellipsis": [False, False, False, False, True, False],
            "terminal": [True, False, True, False, True, True],
            "date": [True, False, True, False, False, False],
        }
    ).items():
        assert marks.values[:6, LEXICAL.index(name)].tolist() == [float(value) for value in expected], name
    some = marks.take([0, 7])
    assert some.values.tolist() == marks.values[[0, 7]].tolist()
    assert some.share_of({"ünder_x"}).tolist() == [0.0, 1.0]
