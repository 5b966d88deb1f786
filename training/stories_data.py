"""Articles with known stories: the development sets, in any order, with or without dates and entities."""

from __future__ import annotations

import gzip
import random
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

from streams.contracts import codec
from streams.contracts.records import CleanArticle, TaggedArticle
from streams.stages.tag import Tagger
from streams.synth.news import generate

#: Sets that the decision is learned from, and measured on with each left out.
SETS = ("g5w1h", "gva_dev", "neus1k", "allsides", "basil", "groundnews_dev", "uci_titles")
#: Articles of a set that are compared all with all, or in several orders.
MOST_AT_ONCE = 3_000


@dataclass(frozen=True, slots=True)
class Labelled:
    """An article and the story that it belongs to."""

    article: TaggedArticle
    story: str


def read(path: Path) -> list[Labelled]:
    """The rows ``{id, title, text, published, source, lang, story}`` of a file of JSON lines, gzipped or not."""
    opener = gzip.open if path.suffix == ".gz" else open
    with opener(path, "rb") as lines:
        return [_labelled(codec.loads(line)) for line in lines if line.strip()]


def _labelled(row: dict[str, str | None]) -> Labelled:
    fields = {"id": "id", "title": "title", "text": "text", "published": "published", "source": "source"}
    given = {field: row[key] for field, key in fields.items() if row.get(key)} | {"language": row.get("lang")}
    return Labelled(codec.convert(TaggedArticle, {"text": ""} | given), str(row["story"]))


def tagged(rows: Sequence[Labelled], tagger: Tagger | None = None) -> list[Labelled]:
    """The rows with entities and quotations, as ``tagger`` finds them; None: the pipeline's.

    Raises:
        streams.stages.tag.WeightsError: its model is not installed.
    """
    from streams.stages.tag import create_tagger

    tagger = tagger or create_tagger()
    out: list[Labelled] = []
    for start in range(0, len(rows), 32):
        batch = rows[start : start + 32]
        plain = [
            CleanArticle(
                id=row.article.id,
                text=row.article.text,
                title=row.article.title,
                source=row.article.source,
                published=row.article.published,
                language=row.article.language,
            )
            for row in batch
        ]
        out += [Labelled(article, row.story) for article, row in zip(tagger.tag(plain), batch, strict=True)]
    return out


def shuffled(rows: Iterable[Labelled], seed: int) -> list[Labelled]:
    """The rows in an order that the seed and the ids determine; their order in the file tells nothing."""
    ordered = sorted(rows, key=lambda row: row.article.id)
    random.Random(seed).shuffle(ordered)
    return ordered


def by_time(rows: Iterable[Labelled]) -> list[Labelled]:
    """The rows as they would have arrived; those of the same time keep their order, undated ones come first."""
    never = datetime.min.replace(tzinfo=UTC)
    return sorted(rows, key=lambda row: row.article.published or never)


def undated(rows: Iterable[Labelled]) -> list[Labelled]:
    return [Labelled(replace(row.article, published=None), row.story) for row in rows]


def untitled(rows: Iterable[Labelled]) -> list[Labelled]:
    return [Labelled(replace(row.article, title=None), row.story) for row in rows]


def foreign(rows: Iterable[Labelled]) -> list[Labelled]:
    """The rows as of a language of which no words are known (Esperanto stands for it): no entities, no quotations."""
    plain = untagged(rows)
    return [Labelled(replace(row.article, language="eo"), row.story) for row in plain]


def thinned(rows: Iterable[Labelled], share: float, seed: int) -> list[Labelled]:
    """A share of the rows, whatever their story: more stories of one article, smaller ones, fewer look-alikes."""
    rng = random.Random(seed)
    return [row for row in sorted(rows, key=lambda row: row.article.id) if rng.random() < share]


def synthetic(count: int, seed: int) -> list[Labelled]:
    """Made-up look-alike events (``streams synth``) in order of arrival, without entities."""
    return [
        Labelled(
            TaggedArticle(
                id=one.id,
                title=one.title,
                text=one.text,
                published=one.published,
                source=one.source,
                language="en",
            ),
            one.story,
        )
        for one in generate(count, seed)
    ]


def untagged(rows: Iterable[Labelled]) -> list[Labelled]:
    return [Labelled(replace(row.article, entities=(), quotes=()), row.story) for row in rows]
