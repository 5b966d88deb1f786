"""What a line looks like, in numbers: the line itself, its neighbours, its place in the text.

One row a line, one column a feature, float32. Everything is the same for a text dump's lines and a page's blocks;
``markup`` adds what only a page knows.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from statistics import median

import numpy as np
import numpy.typing as npt

from streams.stages.clean.features.lexical_features import WORD, marks
from streams.stages.clean.metadata.titles import find_heading
from streams.stages.clean.parse.lines import Line

Matrix = npt.NDArray[np.float32]
Vector = npt.NDArray[np.float64]

#: A line's own columns, which neighbours also see in part.
OWN = (
    "words", "chars", "word_length", "terminal", "colon", "ellipsis", "commas", "stops", "capitals", "shouting",
    "digits", "lower_start", "quote_start", "bullet", "date", "talk", "sell", "more", "picture", "wide", "odd",
    "short_words", "repeated", "title_overlap", "blanks_before", "blanks_after", "indent", "prose", "cue", "comments",
)  # fmt: skip
PLACE = (
    "position", "words_before", "words_after", "block_lines", "block_words", "block_prose", "block_place",
    "in_core", "core_distance", "core_share", "topic_overlap", "prose_before", "prose_after", "since_prose",
    "until_prose", "talk_before", "more_before", "indent_core", "lines", "core_words", "around_words_2",
    "around_words_6", "around_prose_3", "around_prose_8", "around_talk_4", "around_date_4", "around_more_4",
    "around_sell_4", "prose_run", "short_run",
    "since_heading", "comments_before", "lead_indent",
)  # fmt: skip
#: Columns of the two lines before and after that a line sees.
SEEN = ("words", "terminal", "colon", "capitals", "date", "talk", "more", "blanks_before", "bullet")
OFFSETS = (-2, -1, 1, 2)
NAMES = (*OWN, *PLACE, *(f"{name}{offset:+d}" for offset in OFFSETS for name in SEEN))
#: Columns that only text dumps have: the lines that a host's memory set aside right above and below a line (logarithm
#: of their number), and their share of the text's. An article's lines stand together, boilerplate's among boilerplate.
GAPS = ("aside_above", "aside_below", "aside_share")

_OWN_AT = {name: index for index, name in enumerate(OWN)}


def describe(lines: Sequence[Line], title: str | None) -> Matrix:
    """The features of each line: ``(len(lines), len(NAMES))``."""
    count = len(lines)
    found = [marks(line.text) for line in lines]
    vocabulary = [long_words for _, long_words in found]
    times = Counter([line.text for line in lines])
    title_words = {word for word in WORD.findall((title or "").lower()) if len(word) > 3}
    own = np.array([columns for columns, _ in found], dtype=np.float64).reshape(count, len(OWN))
    if len(times) < count:
        own[:, _OWN_AT["repeated"]] = [times[line.text] - 1 for line in lines]
    if title_words:
        own[:, _OWN_AT["title_overlap"]] = [
            len([word for word in long_words if word in title_words]) / (len(long_words) or 1)
            for long_words in vocabulary
        ]
    own[:, _OWN_AT["blanks_before"]] = np.log1p([min(line.blanks, 60) for line in lines])
    own[:, _OWN_AT["indent"]] = [line.indent for line in lines]
    own[:-1, _OWN_AT["blanks_after"]] = own[1:, _OWN_AT["blanks_before"]]
    place = _place(own, lines, vocabulary, title)
    return np.concatenate([own, place, *_neighbours(own)], axis=1).astype(np.float32)


def describe_gaps(aside: Sequence[bool]) -> Matrix:
    """The columns ``GAPS`` of the lines that are left, given which of a text's lines were set aside."""
    at = np.flatnonzero(~np.asarray(aside, dtype=bool))
    gaps = np.log1p(np.minimum(np.diff(at, prepend=-1, append=len(aside)) - 1, 60))
    share = np.full(len(at), 1 - len(at) / max(len(aside), 1))
    return np.stack([gaps[:-1], gaps[1:], share], axis=1).astype(np.float32)


def _neighbours(own: Vector) -> list[Vector]:
    columns = own[:, [_OWN_AT[name] for name in SEEN]]
    return [shifted(columns, offset) for offset in OFFSETS]


def shifted(columns: Vector, offset: int, fill: float = -1.0) -> Vector:
    """Row ``i`` of the result is row ``i + offset``; ``fill`` beyond the ends."""
    result = np.full_like(columns, fill)
    if abs(offset) < len(columns):
        if offset > 0:
            result[:-offset] = columns[offset:]
        else:
            result[-offset:] = columns[:offset]
    return result


def around(column: Vector, reach: int) -> Vector:
    """The sum over the ``reach`` rows before and after each row, itself included."""
    count = len(column)
    total = np.zeros(count + 1)
    np.cumsum(column, out=total[1:])
    if count <= reach:
        return np.full(count, total[-1])
    result = np.full(count, total[-1])
    result[: count - reach] = total[reach + 1 :]
    result[reach:] -= total[: count - reach]
    return result


def core_of(words: Vector, prose: Vector) -> tuple[int, int]:
    """First and last line of the densest stretch of running text (Kadane's maximum sum).

    Lines of prose count their words, each other line costs four: a heading and a caption between two paragraphs do
    not part an article, thirty links do. (Best of 2, 4, 8 on the development dumps.)
    """
    best, current, start, span = 0.0, 0.0, 0, (0, len(words) - 1)
    for index, gain in enumerate(np.where(prose > 0, np.minimum(words, 120), -4.0).tolist()):
        if current <= 0:
            current, start = 0.0, index
        current += gain
        if current > best:
            best, span = current, (start, index)
    return span


def _since(flags: Vector, limit: float = 50.0) -> Vector:
    """Rows since the last flagged row before each (0: the row itself), at most ``limit``."""
    at = np.arange(len(flags), dtype=np.float64)
    last = np.maximum.accumulate(np.where(flags > 0, at, -limit))
    return np.minimum(at - last, limit)


def _place(own: Vector, lines: Sequence[Line], vocabulary: Sequence[Sequence[str]], title: str | None) -> Vector:
    count = len(own)
    column = {name: own[:, index] for name, index in _OWN_AT.items()}
    words, prose = column["words"], column["prose"]
    first, last = core_of(words, prose)
    at = np.arange(count)
    total = words.sum() or 1.0
    before = np.cumsum(words) - words

    block = np.cumsum(column["blanks_before"] > 0)
    block_lines = np.bincount(block)[block].astype(np.float64)
    block_words = np.bincount(block, weights=words)[block]
    block_prose = np.bincount(block, weights=prose)[block] / block_lines
    block_start = np.searchsorted(block, block)

    core = np.zeros(count)
    core[first : last + 1] = 1
    distance = np.where(at < first, at - first, np.where(at > last, at - last, 0)).astype(np.float64)
    core_words = float(words[first : last + 1].sum())
    topic = dict(Counter([word for index in range(first, last + 1) for word in vocabulary[index]]))
    overlap = np.zeros(count)
    for index, lowered in enumerate(vocabulary):
        if lowered:
            # A word of the core's own lines counts where another line has it too.
            if first <= index <= last:
                overlap[index] = len([word for word in lowered if topic[word] > 1]) / len(lowered)
            else:
                overlap[index] = len([word for word in lowered if word in topic]) / len(lowered)
    heading = find_heading(lines, first, title)
    since_heading = np.minimum(np.maximum(at - heading, -50), 50) if heading is not None else np.full(count, -60)
    after_heading = heading if heading is not None else 0
    opened = np.cumsum(column["comments"] * (at > after_heading + 2))
    since_comments = np.where(opened > 0, np.minimum(np.cumsum(opened > 0), 50), 0)
    lead = next((index for index in range(after_heading + 1, count) if prose[index]), first)
    lead_indent = column["indent"] - column["indent"][lead]
    prose_sum = np.cumsum(prose)
    indent = column["indent"]
    core_indent = median(indent[first : last + 1][prose[first : last + 1] > 0].tolist()) if prose.any() else 0.0
    not_prose = 1.0 - prose
    return np.array(
        [
            at / count,
            before / total,
            (total - before - words) / total,
            block_lines,
            block_words,
            block_prose,
            (at - block_start) / block_lines,
            core,
            np.sign(distance) * np.log1p(np.abs(distance)),
            (before - before[first]) / (core_words or 1.0),
            overlap,
            prose_sum - prose,
            prose_sum[-1] - prose_sum,
            _since(prose),
            _since(prose[::-1])[::-1],
            np.minimum(np.cumsum(column["talk"]) - column["talk"], 50),
            np.where(at > first, np.cumsum(column["more"]) - column["more"] - (np.cumsum(column["more"])[first]), 0),
            indent - core_indent,
            np.full(count, math.log1p(count)),
            np.full(count, math.log1p(core_words)),
            around(words, 2),
            around(words, 6),
            around(prose, 3),
            around(prose, 8),
            around((column["talk"] > 0).astype(np.float64), 4),
            around(column["date"], 4),
            around((column["more"] > 0).astype(np.float64), 4),
            around((column["sell"] > 0).astype(np.float64), 4),
            _since(not_prose),
            _since(prose),
            since_heading,
            since_comments,
            lead_indent,
        ]
    ).T
