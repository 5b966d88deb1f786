"""What a line looks like, in numbers: the line itself, its neighbours, its place in the text.

One row a line, one column a feature. Everything is the same for a text dump's lines and a page's blocks. A feature is
defined once, by its name and its computation: ``LEXICAL`` are those of a line by itself, ``IN_TEXT`` those that need
the lines around it, ``GAPS`` those that only text dumps have.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Sequence
from functools import cached_property, partial
from statistics import median

import numpy as np
import numpy.typing as npt

from streams.models.table import Matrix, Table, Vector
from streams.stages.clean.features.characters import WORD
from streams.stages.clean.features.lexical_features import LEXICAL, Marks, is_comments_heading, read_marks
from streams.stages.clean.features.sequences import around, before, beside, core_of, since
from streams.stages.clean.metadata.titles import find_heading
from streams.stages.clean.parse.lines import Line

#: What of the two lines before and after a line sees.
_SEEN = ("words", "terminal", "colon", "capitals", "date", "talk", "more", "blanks_before", "bullet")
_OFFSETS = (-2, -1, 1, 2)


class Text:
    """A text's lines, and by name their features, each computed when it is first asked for."""

    def __init__(self, lines: Sequence[Line], title: str | None, marks: Marks) -> None:
        self.lines, self.title, self.marks = lines, title, marks
        self._columns: dict[str, Vector] = {name: marks.values[:, index] for index, name in enumerate(LEXICAL)}

    def __getitem__(self, name: str) -> Vector:
        column = self._columns.get(name)
        if column is None:
            column = self._columns[name] = np.asarray(IN_TEXT[name](self), dtype=np.float64)
        return column

    def __len__(self) -> int:
        return len(self.lines)

    @cached_property
    def at(self) -> npt.NDArray[np.int64]:
        return np.arange(len(self))

    @cached_property
    def core(self) -> tuple[int, int]:
        """First and last line of what is most likely the article."""
        return core_of(self["words"], self["prose"])

    @cached_property
    def in_core(self) -> npt.NDArray[np.bool_]:
        first, last = self.core
        return (self.at >= first) & (self.at <= last)

    @cached_property
    def core_words(self) -> float:
        first, last = self.core
        return float(self["words"][first : last + 1].sum())

    @cached_property
    def total(self) -> float:
        """The text's words."""
        return float(self["words"].sum()) or 1.0

    @cached_property
    def block(self) -> npt.NDArray[np.int64]:
        """The number of each line's block: lines without a blank one between them."""
        return np.cumsum(self["blanks_before"] > 0)

    @cached_property
    def heading(self) -> int | None:
        return find_heading(self.lines, self.core[0], self.title)


def _repeated(text: Text) -> Vector:
    times = Counter([line.text for line in text.lines])
    if len(times) == len(text):
        return np.zeros(len(text))
    return np.array([times[line.text] - 1.0 for line in text.lines])


def _title_overlap(text: Text) -> Vector:
    title = {word for word in WORD.findall((text.title or "").lower()) if len(word) > 3}
    return text.marks.share_of(title) if title else np.zeros(len(text))


def _comments(text: Text) -> Vector:
    may_be = (text["words"] <= 12) & (text["talk"] > 0)
    result = np.zeros(len(text))
    result[[index for index in np.flatnonzero(may_be).tolist() if is_comments_heading(text.lines[index].text)]] = 1.0
    return result


def _topic_overlap(text: Text) -> Vector:
    """The share of a line's longer words that the core has; its own lines need them to be in another line too."""
    first, last = text.core
    start, stop = np.searchsorted(text.marks.line_of, (first, last + 1)).tolist()
    topic = dict(Counter(text.marks.long_words[start:stop]))
    again = {word for word, times in topic.items() if times > 1}
    return np.where(text.in_core, text.marks.share_of(again), text.marks.share_of(topic))


def _core_distance(text: Text) -> Vector:
    (first, last), at = text.core, text.at
    distance = np.where(at < first, at - first, np.where(at > last, at - last, 0)).astype(np.float64)
    return np.sign(distance) * np.log1p(np.abs(distance))


def _more_before(text: Text) -> Vector:
    """Words that point to other stories, from the core's first line on."""
    return np.where(text.at > text.core[0], before(text["more"]) - np.cumsum(text["more"])[text.core[0]], 0)


def _indent_core(text: Text) -> Vector:
    first, last = text.core
    indent, prose = text["indent"], text["prose"]
    usual: float = median(indent[first : last + 1][prose[first : last + 1] > 0].tolist()) if prose.any() else 0.0
    return indent - usual


def _lead_indent(text: Text) -> Vector:
    after_heading = (text.heading or 0) + 1
    lead = next((index for index in range(after_heading, len(text)) if text["prose"][index]), text.core[0])
    return text["indent"] - float(text["indent"][lead])


def _since_heading(text: Text) -> Vector:
    if text.heading is None:
        return np.full(len(text), -60.0)
    return np.minimum(np.maximum(text.at - text.heading, -50), 50).astype(np.float64)


def _comments_before(text: Text) -> Vector:
    opened = np.cumsum(text["comments"] * (text.at > (text.heading or 0) + 2))
    return np.where(opened > 0, np.minimum(np.cumsum(opened > 0), 50), 0).astype(np.float64)


def _block_mean(name: str, text: Text) -> Vector:
    return np.bincount(text.block, weights=text[name])[text.block] / text["block_lines"]


#: Name → what gives a text's column of it. The order is that in which training draws columns.
IN_TEXT: dict[str, Callable[[Text], npt.ArrayLike]] = {
    "repeated": _repeated,
    "title_overlap": _title_overlap,
    "blanks_before": lambda text: np.log1p([min(line.blanks, 60) for line in text.lines]),
    "blanks_after": lambda text: np.append(text["blanks_before"][1:], 0.0),
    "indent": lambda text: np.array([line.indent for line in text.lines], dtype=np.float64),
    "prose": lambda text: ((text["terminal"] > 0) & (text["words"] >= 7)) | (text["words"] >= 25),
    "cue": lambda text: (text["colon"] > 0) & (text["words"] <= 12),
    "comments": _comments,
    "position": lambda text: text.at / len(text),
    "words_before": lambda text: before(text["words"]) / text.total,
    "words_after": lambda text: (text.total - np.cumsum(text["words"])) / text.total,
    "block_lines": lambda text: np.bincount(text.block)[text.block].astype(np.float64),
    "block_words": lambda text: np.bincount(text.block, weights=text["words"])[text.block],
    "block_prose": partial(_block_mean, "prose"),
    "block_place": lambda text: (text.at - np.searchsorted(text.block, text.block)) / text["block_lines"],
    "in_core": lambda text: text.in_core,
    "core_distance": _core_distance,
    "core_share": lambda text: (before(text["words"]) - before(text["words"])[text.core[0]]) / (text.core_words or 1.0),
    "topic_overlap": _topic_overlap,
    "prose_before": lambda text: before(text["prose"]),
    "prose_after": lambda text: text["prose"].sum() - np.cumsum(text["prose"]),
    "since_prose": lambda text: since(text["prose"]),
    "until_prose": lambda text: since(text["prose"][::-1])[::-1],
    "talk_before": lambda text: np.minimum(before(text["talk"]), 50),
    "more_before": _more_before,
    "indent_core": _indent_core,
    "lines": lambda text: np.full(len(text), math.log1p(len(text))),
    "core_words": lambda text: np.full(len(text), math.log1p(text.core_words)),
    "around_words_2": lambda text: around(text["words"], 2),
    "around_words_6": lambda text: around(text["words"], 6),
    "around_prose_3": lambda text: around(text["prose"], 3),
    "around_prose_8": lambda text: around(text["prose"], 8),
    "around_talk_4": lambda text: around((text["talk"] > 0).astype(np.float64), 4),
    "around_date_4": lambda text: around(text["date"], 4),
    "around_more_4": lambda text: around((text["more"] > 0).astype(np.float64), 4),
    "around_sell_4": lambda text: around((text["sell"] > 0).astype(np.float64), 4),
    "prose_run": lambda text: since(1.0 - text["prose"]),
    "short_run": lambda text: since(text["prose"]),
    "since_heading": _since_heading,
    "comments_before": _comments_before,
    "lead_indent": _lead_indent,
}

#: What a line sees of those around it.
_AROUND = tuple(f"{name}{offset:+d}" for offset in _OFFSETS for name in _SEEN)
#: The columns of ``describe``.
NAMES = (*LEXICAL, *IN_TEXT, *_AROUND)


def describe(lines: Sequence[Line], title: str | None, marks: Marks | None = None) -> Table:
    """The features of each line, of one at least: columns ``NAMES``. ``marks``: those of the lines, where known."""
    text = Text(lines, title, marks or read_marks([line.text for line in lines]))
    values: Matrix = np.empty((len(lines), len(NAMES)), dtype=np.float32)
    values[:, : len(LEXICAL)] = text.marks.values
    for column, name in enumerate(IN_TEXT, len(LEXICAL)):
        values[:, column] = text[name]
    values[:, -len(_AROUND) :] = beside(np.stack([text[name] for name in _SEEN], axis=1), _OFFSETS)
    return Table(NAMES, values)


class _Gaps:
    """Where lines were set aside, seen from those that are left."""

    def __init__(self, aside: Sequence[bool]) -> None:
        self.left = np.flatnonzero(~np.asarray(aside, dtype=bool))
        self.count = len(aside)
        #: The logarithm of how many were set aside above the first line, between each two, and below the last.
        self.sizes = np.log1p(np.minimum(np.diff(self.left, prepend=-1, append=self.count) - 1, 60))


#: The lines that a host's memory set aside right above and below a line (logarithm of their number), and their share of
#: the text's. An article's lines stand together, boilerplate's among boilerplate.
GAPS: dict[str, Callable[[_Gaps], Vector]] = {
    "aside_above": lambda gaps: gaps.sizes[:-1],
    "aside_below": lambda gaps: gaps.sizes[1:],
    "aside_share": lambda gaps: np.full(len(gaps.left), 1 - len(gaps.left) / max(gaps.count, 1)),
}


def describe_gaps(aside: Sequence[bool]) -> Table:
    """The columns ``GAPS`` of the lines that are left, given which of a text's lines were set aside."""
    if not any(aside):
        return Table(tuple(GAPS), np.zeros((len(aside), len(GAPS)), dtype=np.float32))
    gaps = _Gaps(aside)
    return Table.of({name: column(gaps) for name, column in GAPS.items()})
