"""`streams eval disagreements`: what outlets tell differently, found in made-up cases whose answers are known.

Half of the cases were there while the rules were made, the other half was written before they were run on it. Each case
is a story of a few short articles, folded as the clusterer folds one.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from streams.contracts.records import Entity, Mention, Story, TaggedArticle
from streams.stages.cluster.telling.points import differing, label
from streams.text import slug
from training.leads import told

Figures = dict[str, Any]

GOLD = Path(__file__).parents[1] / "tests" / "quality" / "data"
FILES = {"development": "disagreements.txt", "held out": "disagreements_held_out.txt"}
#: A Wednesday.
PUBLISHED = datetime(2025, 3, 5, 12, tzinfo=UTC)

_PERSON = re.compile(r"\[([^\]]+)\]")


@dataclass(frozen=True, slots=True)
class Case:
    """The articles of a story, and what outlets differ on: (what, values) each."""

    name: str
    articles: tuple[TaggedArticle, ...]
    differs: frozenset[tuple[str, frozenset[str]]]


def read(path: Path) -> list[Case]:
    """The cases of a file; its first lines say how they are written."""
    cases = []
    for part in re.split(r"^@ ", path.read_text(encoding="utf-8"), flags=re.MULTILINE)[1:]:
        name, *lines = (line for line in part.splitlines() if line and not line.startswith("#"))
        told = [line for line in lines if not line.startswith("= ")]
        articles = tuple(_article(f"{name}-{number}", line) for number, line in enumerate(told))
        differs = frozenset(_expected(line[2:]) for line in lines if line.startswith("= "))
        cases.append(Case(name, articles, differs))
    return cases


def _expected(line: str) -> tuple[str, frozenset[str]]:
    what, values = line.split(" ", 1)
    if "|" in values:  # names
        return what, frozenset(values.split("|"))
    return what, frozenset(_value(value) for value in values.split())


def _value(value: str) -> str:
    if value == "dozens":
        return "24–99"
    if value.count("-") == 2:
        return value
    return "–".join(f"{float(one):,.10g}" for one in value.split("-"))


def _article(id_: str, line: str) -> TaggedArticle:
    outlet, text = line.split(" ", 1)
    hours = float(outlet.partition("+")[2] or 0)
    entities: dict[str, list[Mention]] = {}
    while found := _PERSON.search(text):
        name = found.group(1)
        text = text[: found.start()] + name + text[found.end() :]
        mention = Mention(field="text", start=found.start(), end=found.start() + len(name), surface=name)
        entities.setdefault(name, []).append(mention)
    return TaggedArticle(
        id=id_,
        text=text,
        source=f"Outlet {outlet[0]}",
        language="en",
        published=PUBLISHED + timedelta(hours=hours),
        entities=tuple(
            Entity(id=f"person:{slug(name)}", name=name, type="PER", mentions=tuple(mentions), salience=1.0)
            for name, mentions in entities.items()
        ),
    )


def found(story: Story) -> Iterator[tuple[str, frozenset[str]]]:
    """What outlets differ on, as cases say it."""
    for point in differing(story):
        yield point.what, frozenset(label(point, told) for told in point.said)


def score(cases: list[Case]) -> Figures:
    """Precision and recall of the points found, and the cases with a mistake: (name, found, expected)."""
    right = given = wanted = 0
    wrong = []
    for case in cases:
        here = frozenset(found(told(case.articles).story))
        right, given, wanted = right + len(here & case.differs), given + len(here), wanted + len(case.differs)
        if here != case.differs:
            wrong.append((case.name, sorted(map(_shown, here)), sorted(map(_shown, case.differs))))
    return {
        "cases": len(cases),
        "hard negatives": sum(not case.differs for case in cases),
        "precision": right / given if given else 1.0,
        "recall": right / wanted if wanted else 1.0,
        "wrong": wrong,
    }


def _shown(one: tuple[str, frozenset[str]]) -> str:
    return f"{one[0]} {' | '.join(sorted(one[1]))}"


def measure(_: Path) -> Figures:
    """Figures of both halves. No folder of data is needed: the cases are in the repository."""
    return {half: score(read(GOLD / name)) for half, name in FILES.items()}


def render(figures: Figures) -> str:
    """A table of both halves, and below it the cases with a mistake in the half that rules may look at."""
    lines = ["| cases | | hard negatives | precision | recall |", "|---|---:|---:|---:|---:|"]
    for half, one in figures.items():
        lines.append(
            f"| {half} | {one['cases']} | {one['hard negatives']} | {one['precision']:.3f} | {one['recall']:.3f} |"
        )
    return "\n".join(lines)
