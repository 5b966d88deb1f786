"""`streams eval alerts`: spikes of watches, against made-up streams in which it is known when something broke.

Each stream has subjects with a rate of their own, days that differ by more than chance, quiet week-ends, one article in
ten that comes late, and now and then an event: a story of several times a usual day's articles. A watch on each subject
asks for spikes. Alerts within a day of each other are one *call*; a call is right where an event of its subject began
in the two days before, and an event is found where a call is right by it. Stories are the true ones: what is measured
is the rule (``query.evaluate.is_spike``), as the stage asks it, with late articles and all.

The rule's numbers were chosen on the streams of ``CHOSEN_ON``; what is reported is of others.
"""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from math import exp
from pathlib import Path
from statistics import median
from typing import Any

from streams.contracts.records import Decision, StoryArticle, StoryEntity, StoryEvent, Watch
from streams.stages.alert import Alerter, compiled
from streams.synth.news import START, Synthetic, told

Figures = dict[str, Any]

#: Seeds of the streams that the numbers were chosen on, and of those that are reported.
CHOSEN_ON, MEASURED = (1, 2, 3), (11, 12, 13, 14, 15)
#: Subjects of a stream, its days, and those before the first event: a baseline has to be there.
SUBJECTS, DAYS, FIRST_DAY = 24, 75, 20
#: Stories a day of the rarest and the most frequent subject; articles of a usual story at most.
RATES, USUAL = (0.05, 6.0), 3
#: An event's articles, in usual days of its subject and at least; events of a subject.
SIZES, LEAST, EVENTS = (3.0, 12.0), 8, 2
#: Shape of the gamma that days differ by (its variance is a quarter), and what is left of news at week-ends.
_SHAPE, _WEEKEND = 4.0, 0.5
_CALL, _RIGHT = timedelta(days=1), timedelta(days=2)


@dataclass(frozen=True, slots=True)
class Stream:
    """Articles with their subject in order of arrival, and when the events of each subject began."""

    articles: tuple[tuple[str, Synthetic], ...]
    events: Mapping[str, Sequence[datetime]]


def stream(seed: int) -> Stream:
    """A made-up stream; the same seed gives the same."""
    rng = random.Random(f"alerts {seed}")
    articles: list[tuple[str, Synthetic]] = []
    events: dict[str, list[datetime]] = {}
    for number in range(SUBJECTS):
        subject = f"subject-{number}"
        low, high = RATES
        rate = low * (high / low) ** rng.random()
        for day in range(DAYS):
            midnight = START + timedelta(days=day)
            busy = rng.gammavariate(_SHAPE, 1 / _SHAPE) * (_WEEKEND if midnight.weekday() > 4 else 1.0)
            for story in range(_poisson(rng, rate * busy)):
                begins = midnight + timedelta(hours=24 * rng.random())
                usual = told(rng, f"{subject}-{day}-{story}", begins, rng.randint(1, USUAL))
                articles += ((subject, each) for each in usual)
        mean = rate * (1 + USUAL) / 2
        for event in range(EVENTS):
            # Far enough apart that the one is no part of what the other is compared with for long.
            day = FIRST_DAY + 1 + event * (DAYS - FIRST_DAY) // EVENTS + rng.randrange(12)
            begins = START + timedelta(days=day, hours=24 * rng.random())
            size = max(LEAST, round(mean * rng.uniform(*SIZES)))
            events.setdefault(subject, []).append(begins)
            articles += ((subject, each) for each in told(rng, f"{subject}-event-{event}", begins, size))
    return Stream(tuple(sorted(articles, key=lambda pair: (pair[1].arrives, pair[1].id))), events)


def calls(made: Stream) -> dict[str, list[datetime]]:
    """When each subject's watch called: its alerts, those within a day of each other as one."""
    alerter = Alerter()
    watches = [Watch(id=name, query=f'org:"{name}" spike()', created=START) for name in made.events]
    alerter.ask(map(compiled, watches))
    known: set[str] = set()
    alerts: dict[str, list[datetime]] = {}
    for place, (subject, article) in enumerate(made.articles):
        changes = alerter.apply(_decision(subject, article, article.story in known), place, article.arrives.timestamp())
        known.add(article.story)
        for alert in changes.alerts:
            alerts.setdefault(alert.watch_id, []).append(alert.at)
    found: dict[str, list[datetime]] = {}
    for subject, times in alerts.items():
        last = None
        for at in sorted(times):
            if last is None or at - last > _CALL:
                found.setdefault(subject, []).append(at)
            last = at
    return found


def _decision(subject: str, article: Synthetic, known: bool) -> Decision:
    entity = StoryEntity(id=f"org:{subject}", name=subject, type="ORG")
    member = StoryArticle(
        id=article.id,
        title=article.title,
        source=article.source,
        published=article.published,
        language="en",
        entities=(entity,),
        origin=f"by:{article.source}",
    )
    event = StoryEvent(
        id=article.id,
        type="joined" if known else "created",
        story_id=article.story,
        at=article.published,
        article_id=article.id,
        article=member,
    )
    return Decision(article_id=article.id, events=(event,), language="en")


def scores(seeds: Sequence[int]) -> Figures:
    """Precision of calls and recall of events over some streams, and how long after an event's first article it was
    found (hours, the median)."""
    right = number = found = there = 0
    delays: list[float] = []
    articles = 0
    for seed in seeds:
        made = stream(seed)
        articles += len(made.articles)
        called = calls(made)
        number += sum(map(len, called.values()))
        for subject, begun in made.events.items():
            there += len(begun)
            own = called.get(subject, [])
            right += sum(any(timedelta() <= at - event <= _RIGHT for event in begun) for at in own)
            for event in begun:
                hit = [at - event for at in own if timedelta() <= at - event <= _RIGHT]
                found += bool(hit)
                delays += [min(hit) / timedelta(hours=1)] if hit else []
    return {
        "articles": articles,
        "events": there,
        "calls": number,
        "precision": right / number if number else 0.0,
        "recall": found / there if there else 0.0,
        "hours": median(delays) if delays else None,
    }


def measure(_: Path) -> Figures:
    return {"chosen on": scores(CHOSEN_ON), "others": scores(MEASURED)}


def render(figures: Figures) -> str:
    lines = [
        "Made-up streams of 75 days: 24 subjects of .05 to 6 stories a day, events of 3 to 12 usual days' articles "
        "(at least eight). The rule's numbers were chosen on the first row's.\n",
        "| streams | articles | events | calls | precision | recall | hours until found |",
        "|---|---|---|---|---|---|---|",
    ]
    for name, row in figures.items():
        hours = "" if row["hours"] is None else f"{row['hours']:.1f}"
        lines.append(
            f"| {name} | {row['articles']:,} | {row['events']} | {row['calls']} | {row['precision']:.3f} | "
            f"{row['recall']:.3f} | {hours} |"
        )
    return "\n".join(lines)


def _poisson(rng: random.Random, mean: float) -> int:
    """Knuth's: means here are small."""
    bar, product, count = exp(-mean), rng.random(), 0
    while product > bar:
        product *= rng.random()
        count += 1
    return count
