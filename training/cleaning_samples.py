"""What the line classifiers are learned from: the blocks of pages, the lines of dumps, and dumps made from them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from streams.models.table import Table
from streams.stages.clean.extraction import describe_page
from streams.stages.clean.features.extractor_features import EXTRACTORS
from streams.stages.clean.features.line_features import describe, describe_gaps
from streams.stages.clean.identity import host_of
from streams.stages.clean.memory.context import Context
from streams.stages.clean.metadata.page_metadata import read_metadata
from streams.stages.clean.model.selection import is_recurring
from streams.stages.clean.parse.lines import Line, line_key, split
from streams.stages.clean.parse.pages import parse, read_page, without_data
from training.cleaning_data import GIVEN_DUMPS, Sample, fold_of, label, read_dumps, sample

#: Weights of what is added to the dumps: their articles with a little around them, articles that are clean, and
#: articles in the page of another, and dumps without what the site's other pages had too.
_CROPPED, _CLEAN, _SWAPPED, _REMEMBERED = 0.4, 0.3, 0.5, 0.6
#: Most lines that a crop leaves before and after the article.
_AROUND = 15


#: Blocks of fewer words that no extractor keeps and that are no article's are three of five: menus. One of so many is
#: learned from, and weighs as much as all.
_FEW_WORDS, _THINNED = 8, 4
#: The weight of a page's blocks by corpus: the bodies of `home` were written down by people, those of the other were
#: drafted by a model.
_WEIGHTS = {"home": 2.0}
#: Of the dumps that are derived here, which are many, one of three gets each of the additions that given ones get all.
_CROP, _CLEAN_ONLY, _SWAP = range(3)


@dataclass(frozen=True, slots=True)
class _Dump:
    corpus: str
    dump: str
    fold: int
    lines: list[Line]
    shares: Any
    context: Context

    @property
    def article(self) -> slice:
        """From the first line of the article to its last."""
        inside = np.flatnonzero(self.shares >= 0.5)
        return slice(int(inside[0]), int(inside[-1]) + 1) if len(inside) else slice(0, 0)

    @property
    def kin(self) -> tuple[str, str, int]:
        """Whose articles may stand in each other's pages: dumped alike, and seen by the same trees."""
        return self.corpus, self.dump, self.fold

    @property
    def is_given(self) -> bool:
        return self.corpus == GIVEN_DUMPS[0] and self.dump in GIVEN_DUMPS[2]


def _dumps(data: Path) -> list[_Dump]:
    rows = list(read_dumps(data, by_page=1))
    texts = [split(row["text"]) for row in rows]
    contexts = sibling_contexts(rows, texts)
    return [
        _Dump(row["corpus"], row["dump"], fold_of(row["url"]), lines, _labelled(lines, row), context)
        for row, lines, context in zip(rows, texts, contexts, strict=True)
        if lines
    ]


def _labelled(lines: Sequence[Line], row: dict[str, Any]) -> Any:
    return label([line.text for line in lines], row["body"])


def sibling_contexts(rows: Sequence[dict[str, Any]], texts: Sequence[Sequence[Line]]) -> list[Context]:
    """For each dump, what a host memory that has seen the site's other pages (dumped alike) knows of its lines."""
    keys = [[line_key(line.text) for line in lines] for lines in texts]
    places = [(row.get("corpus"), row["dump"], host_of(row["url"])) for row in rows]
    at: defaultdict[tuple[Any, ...], list[int]] = defaultdict(list)
    for index, place in enumerate(places):
        at[place].append(index)
    contexts: list[Context] = []
    for index, place in enumerate(places):
        others = [set(keys[other]) for other in at[place] if other != index]
        known = {key: sum(key in other for other in others) for key in keys[index]}
        contexts.append(Context(pages=len(others), lines={key: count for key, count in known.items() if count}))
    return contexts


def dump_samples(data: Path) -> list[Sample]:
    """The lines of the dumps, and of crops, clean articles and swapped ones made from them (deterministic)."""
    random = np.random.default_rng(1)
    samples: list[Sample] = []
    dumps = _dumps(data)
    kin: defaultdict[tuple[str, str, int], list[_Dump]] = defaultdict(list)
    for each in dumps:
        if each.article.stop:
            kin[each.kin].append(each)

    for each in dumps:
        lines, shares, part = each.lines, each.shares, each.article

        def add(
            lines: Sequence[Line], shares: Any, weight: float, aside: Sequence[bool] | None = None, each: _Dump = each
        ) -> None:
            gaps = describe_gaps([False] * len(lines) if aside is None else aside)
            samples.append(sample(describe(lines, None).beside(gaps), shares, each.fold, weight, each.corpus))

        add(lines, shares, 1.0)
        if each.context.pages:
            aside = [is_recurring(line, each.context) for line in lines]
            fresh = [index for index, recurring in enumerate(aside) if not recurring]
            if fresh:
                add([lines[index] for index in fresh], shares[fresh], _REMEMBERED, aside)
        if not part.stop:
            continue
        additions = (_CROP, _CLEAN_ONLY, _SWAP) if each.is_given else (int(random.integers(3)),)
        if _CROP in additions:
            start = part.start - int(random.integers(0, min(part.start, _AROUND) + 1))
            stop = part.stop + int(random.integers(0, min(len(lines) - part.stop, _AROUND) + 1))
            add(lines[start:stop], shares[start:stop], _CROPPED)
        if _CLEAN_ONLY in additions:
            inside = np.flatnonzero(shares >= 0.5)
            first = int(random.integers(0, max(len(inside) // 2, 1)))
            last = len(inside) if random.random() < 0.5 else int(random.integers(first, len(inside))) + 1
            clean = [Line(0, 0, lines[index].text, int(index != inside[first])) for index in inside[first:last]]
            add(clean, np.ones(len(clean)), _CLEAN)
        if _SWAP in additions:
            others = kin[each.kin]
            swapped = others[int(random.integers(len(others)))]
            add(
                [*lines[: part.start], *swapped.lines[swapped.article], *lines[part.stop :]],
                np.concatenate([shares[: part.start], swapped.shares[swapped.article], shares[part.stop :]]),
                _SWAPPED,
            )
    return samples


@dataclass(frozen=True, slots=True, kw_only=True)
class DescribedPage:
    """A page as cleaning sees it: its blocks, their features, and the title that it finds; ``body`` is the truth."""

    url: str
    corpus: str
    body: str
    title: str | None
    lines: Sequence[Line]
    rows: Table


def described_pages(rows: Iterable[dict[str, Any]]) -> list[DescribedPage]:
    """Those of the pages (rows of ``read_pages``) that have text."""
    pages: list[DescribedPage] = []
    for row in rows:
        source = without_data(row["html"])
        tree = parse(source)
        metadata = read_metadata(tree, row["url"])
        page = read_page(tree)
        if page.lines:
            features = describe_page(source, page, metadata.plain_title)
            known = {name: row[name] for name in ("url", "corpus", "body")}
            pages.append(DescribedPage(**known, title=metadata.title, lines=page.lines, rows=features))
    return pages


def page_samples(pages: Sequence[DescribedPage], weight: float = 1.0) -> list[Sample]:
    """The blocks of the pages; of the many that are far from any text, one of ``_THINNED`` for all (deterministic).

    ``weight``: what they count, against pages as they are.
    """
    random = np.random.default_rng(1)
    samples: list[Sample] = []
    for page in pages:
        shares = label([line.text for line in page.lines], page.body)
        each = sample(page.rows, shares, fold_of(page.url), weight * _WEIGHTS.get(page.corpus, 1.0), page.corpus)
        far = (each.labels == 0) & (page.rows["words"] < _FEW_WORDS)
        for extractor in EXTRACTORS:
            far &= page.rows[extractor] == 0
        drawn = random.random(len(page.lines)) < 1 / _THINNED
        samples.append(replace(each, weights=each.weights * np.where(far, drawn * float(_THINNED), 1.0)))
    return samples
