"""Made-up news with known stories, the same for the same seed, in any volume: for load, chaos and scale tests.

Each story is an event with its own people, place, figures and date. Around it come what makes news hard: outlets that
tell it in other words, agencies whose text others carry whole or cut, bursts, follow-ups days and weeks later, other
events of the same kind (look-alikes), and articles that arrive late or out of order. How many articles a story has is
heavy-tailed. The more there are, the more of them take an angle of their own (``angles``), later ones a later
angle, and the longer the story lasts.
"""

from __future__ import annotations

import random
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from heapq import heappop, heappush
from html import escape
from math import log10

from streams.contracts.records import RawArticle
from streams.synth.angles import ALL_OUTLETS, ANGLES, SYNONYMS
from streams.synth.words import (
    AGENCIES,
    FIRST,
    KINDS,
    OUTLETS,
    PLACE_ENDS,
    PLACE_STARTS,
    SURNAME_ENDS,
    SURNAMES,
    Kind,
)

START = datetime(2025, 1, 6, 6, tzinfo=UTC)
#: Articles of the largest story, at most, and articles a day.
LARGEST, PER_DAY = 100, 160.0
#: Days in which ``week`` has all its articles, at most.
DAYS = 7
#: Pareto's exponent of stories' sizes, below 1 as in news: of the 32 stories in ``groundnews_dev`` half have ten
#: articles and more, two about a hundred. With it half of all stories have one, and the largest 7 % hold half of all
#: articles.
TAIL = 0.9
#: Hours that an article follows its event by, on the average, in a story of few; of more, as √(articles / 20).
FOLLOWS = 5.0
#: Share of stories that come in a burst, that have a follow-up, that an agency carries; of articles that come late; of
#: those on an agency's event that carry its text; of synonyms that a desk takes.
BURST, FOLLOW_UP, AGENCY, LATE, CARRIED, REWORDED = 0.15, 0.2, 0.3, 0.1, 0.4, 0.4

_WORDS = re.compile(r"\b(?:" + "|".join(SYNONYMS) + r")\b")


@dataclass(frozen=True, slots=True)
class Synthetic:
    """An article, the story that it belongs to, and when it arrives."""

    id: str
    story: str
    title: str
    text: str
    source: str
    published: datetime
    arrives: datetime

    def raw(self, content_type: str = "text/plain") -> RawArticle:
        """The article as a producer would send it: a text dump, or a page with navigation and a footer."""
        host = self.source.casefold().replace(" ", "")
        page = content_type == "text/html"
        return RawArticle(
            id=self.id,
            url=f"https://{host}.example/{self.published:%Y/%m/%d}/{self.id}",
            source=self.source,
            published=self.published.isoformat(),
            content=_page(self) if page else f"{self.title}\n\n{self.text}",
            content_type=content_type,
            title=None if page else self.title,
        )


def generate(
    count: int, seed: int = 0, *, largest: int = LARGEST, per_day: float = PER_DAY, start: datetime = START
) -> Iterator[Synthetic]:
    """``count`` articles in order of arrival. A longer run begins with the same stories as a shorter one.

    Args:
        count: how many articles.
        seed: the same seed gives the same articles.
        largest: articles of the largest story, at most.
        per_day: articles a day, on the average, once it has run for some days.
        start: when the news begins; it is the same at another time, but for its days.

    >>> [article.id for article in generate(2)] == [article.id for article in generate(100)][:2]
    True
    """
    rng = random.Random(seed)
    waiting: list[tuple[datetime, int, Synthetic]] = []
    every = timedelta(days=_mean_size(largest) / per_day) / timedelta(minutes=1)
    made = sent = number = 0
    now = start
    while sent < count:
        now += timedelta(minutes=rng.expovariate(1 / every))
        number += 1
        for article in told(rng, f"{seed}-{number}", now, _size(rng, largest)):
            heappush(waiting, (article.arrives, made, article))
            made += 1
        # Whatever is due before the next story can begin.
        while waiting and sent < count and waiting[0][0] <= now:
            yield heappop(waiting)[2]
            sent += 1


def week(count: int, *, ends: datetime, seed: int = 0) -> list[Synthetic]:
    """``count`` articles, of which the last arrives when the week ``ends``: 1,000 and more take about six days, fewer
    ``PER_DAY`` a day.

    Args:
        count: how many articles.
        ends: an aware time; the weekdays that articles name are right for it.
        seed: the same seed gives the same articles, but for their days.
    """
    dense = max(PER_DAY, count / DAYS)
    *_, last = generate(count, seed, per_day=dense)
    return list(generate(count, seed, per_day=dense, start=START + (ends - last.arrives)))


def _size(rng: random.Random, largest: int) -> int:
    """A size between 1 and ``largest`` by Pareto's law cut off there: the inverse of its distribution function."""
    return int((1 - rng.random() * (1 - (largest + 1) ** -TAIL)) ** (-1 / TAIL))


def _mean_size(largest: int) -> float:
    """The mean of ``_size``: the sum of the probabilities of each size and more."""
    cut: float = (largest + 1) ** -TAIL
    return sum((float(size**-TAIL) - cut) / (1 - cut) for size in range(1, largest + 1))


def told(rng: random.Random, story: str, begins: datetime, reports: int) -> Iterator[Synthetic]:
    """The ``reports`` articles of one story that ``begins`` then, in no order."""
    kind = rng.choice(KINDS)
    facts = _facts(rng, begins)
    angles = [facts | _angle_facts(rng) for _ in ANGLES]
    agency = rng.choice(AGENCIES) if rng.random() < AGENCY and reports > 2 else None
    wires: list[tuple[str, str]] = []
    some = OUTLETS if reports <= len(OUTLETS) else ALL_OUTLETS
    outlets = rng.sample(some, k=min(reports, len(some)))
    follow_up = rng.random() < FOLLOW_UP
    hours = FOLLOWS * max(1.0, reports / 20) ** 0.5 * (0.4 if rng.random() < BURST else 1.0)
    #: Of few articles few have an angle, of a hundred 60 %, of thousands nearly all.
    angled = min(0.9, 0.1 + 0.25 * log10(reports))
    for place in range(reports):
        later = follow_up and place >= max(1, reports - max(2, reports // 20))
        passed = rng.expovariate(1.0)
        delay = timedelta(days=rng.uniform(3, 20)) if later else timedelta(hours=hours * passed)
        if agency and not later and rng.random() < CARRIED:
            title, text = _wire(rng, kind, facts, agency, wires)
        elif not later and rng.random() < angled:
            # One angle after another, each at its height for a quarter of the mean delay, the last for good.
            turn = min(len(ANGLES) - 1, int(abs(rng.gauss(passed / 2, 0.2)) * len(ANGLES)))
            title, text = _angled(rng, kind, turn, angles[turn])
        else:
            title, text = _report(rng, kind["follow" if later else "first"], kind["titles"], facts)
        published = (begins + delay).replace(microsecond=0)
        late = timedelta(hours=rng.uniform(1, 12)) if rng.random() < LATE else timedelta(minutes=rng.uniform(0, 5))
        source = outlets[place % len(outlets)]
        yield Synthetic(f"s{story}-{place}", f"story-{story}", title, text, source, published, published + late)


def rising(reports: Iterable[Synthetic], tolls: Sequence[int]) -> list[Synthetic]:
    """The reports of one story in the order of their time, each with how many are known to be dead by then.

    The first share of them tells the first of ``tolls``, the last the last; nothing else about them changes.
    """
    ordered = sorted(reports, key=lambda one: (one.published, one.id))
    known = (tolls[place * len(tolls) // len(ordered)] for place in range(len(ordered)))
    return [
        replace(one, text=f"{one.text}\n\nThe death toll has risen to {toll}, officials said.")
        for one, toll in zip(ordered, known, strict=True)
    ]


def with_tolls(stream: Sequence[Synthetic], tolls: Sequence[int] = (9, 12, 15)) -> list[Synthetic]:
    """The stream, in its order, with a rising toll in its largest story; of equals the first."""
    largest = Counter(one.story for one in stream).most_common(1)[0][0]
    told_anew = {one.id: one for one in rising([one for one in stream if one.story == largest], tolls)}
    return [told_anew.get(one.id, one) for one in stream]


def _wire(
    rng: random.Random, kind: Kind, facts: dict[str, str], agency: str, wires: list[tuple[str, str]]
) -> tuple[str, str]:
    """An agency's text as an outlet carries it: of the first takes (a new one for every thirty that carry it), whole or
    cut from the end, as desks do; the credit stays."""
    if not wires or rng.random() < 1 / 30:
        title, text = _report(rng, kind["first"], kind["titles"], facts)
        wires.append((title, f"{text}\n\n({agency})"))
        return wires[-1]
    title, text = rng.choice(wires)
    if rng.random() < 0.5:
        paragraphs = text.split("\n\n")
        text = "\n\n".join([*paragraphs[: max(2, len(paragraphs) - 2)], f"({agency})"])
    return title, text


def _angled(rng: random.Random, kind: Kind, turn: int, facts: dict[str, str]) -> tuple[str, str]:
    """A telling from an angle: its lead and some of its facts, and one or two of the event's own somewhere."""
    titles, (lead, *own) = ANGLES[turn]
    facts = facts | {"event": kind["event"]}
    opening, *core = kind["first"]
    background = [rng.choice(wordings) for wordings in rng.sample(core, k=rng.choice((1, 1, 2)))]
    chosen = [rng.choice(wordings) for wordings in own if rng.random() < 0.6]
    if rng.random() < 0.5:
        background.insert(0, rng.choice(opening))
    sentences = (
        [rng.choice(lead), *chosen, *background] if rng.random() < 0.7 else [rng.choice(lead), *background, *chosen]
    )
    return _desk(rng, rng.choice(titles), sentences, facts)


def _angle_facts(rng: random.Random) -> dict[str, str]:
    person = f"{rng.choice(FIRST)} {rng.choice(SURNAMES)}{rng.choice(SURNAME_ENDS)}"
    return {
        "xperson": person,
        "xsurname": person.split()[1],
        "xplace": f"{rng.choice(PLACE_STARTS)}{rng.choice(PLACE_ENDS)}",
        "xnumber": str(rng.randint(2, 400)),
    }


def _facts(rng: random.Random, begins: datetime) -> dict[str, str]:
    def person() -> str:
        return f"{rng.choice(FIRST)} {rng.choice(SURNAMES)}{rng.choice(SURNAME_ENDS)}"

    def place() -> str:
        return f"{rng.choice(PLACE_STARTS)}{rng.choice(PLACE_ENDS)}"

    one, other = person(), person()
    return {
        "person": one,
        "surname": one.split()[1],
        "other": other,
        "othername": other.split()[1],
        "place": place(),
        "near": place(),
        "street": f"{rng.choice(SURNAMES)} {rng.choice(('Street', 'Road', 'Avenue', 'Lane', 'Square'))}",
        "number": str(rng.randint(2, 95)),
        "amount": str(rng.randint(2, 980)),
        "age": str(rng.randint(18, 84)),
        "day": f"{begins:%A}",
    }


def _report(
    rng: random.Random, sentences: tuple[tuple[str, ...], ...], titles: tuple[str, ...], facts: dict[str, str]
) -> tuple[str, str]:
    """One outlet's telling: each fact in one of its wordings, the lead first, some facts left out."""
    lead, *rest = sentences
    chosen = [rng.choice(wordings) for wordings in rest if rng.random() < 0.8]
    rng.shuffle(chosen)
    return _desk(rng, rng.choice(titles), [rng.choice(lead), *chosen], facts)


def _desk(rng: random.Random, title: str, sentences: list[str], facts: dict[str, str]) -> tuple[str, str]:
    """Title and text, some words replaced by others for the same, in paragraphs of two sentences."""

    def other(word: re.Match[str]) -> str:
        return rng.choice(SYNONYMS[word.group()]) if rng.random() < REWORDED else word.group()

    worded = [_WORDS.sub(other, sentence).format(**facts) for sentence in sentences]
    headline = title.format(**facts)
    paragraphs = [" ".join(worded[place : place + 2]) for place in range(0, len(worded), 2)]
    return headline[0].upper() + headline[1:], "\n\n".join(paragraphs)


def _page(article: Synthetic) -> str:
    body = "\n".join(f"<p>{escape(paragraph)}</p>" for paragraph in article.text.split("\n\n"))
    return (
        f'<!doctype html><html lang="en"><head><title>{escape(article.title)} | {escape(article.source)}</title>'
        f'<meta property="article:published_time" content="{article.published.isoformat()}">'
        f'<meta property="og:site_name" content="{escape(article.source)}"></head><body>'
        '<nav><a href="/">Home</a> <a href="/world">World</a> <a href="/sport">Sport</a></nav>'
        f"<article><h1>{escape(article.title)}</h1>\n{body}</article>"
        "<footer>Terms of use. Privacy policy. All rights reserved.</footer></body></html>"
    )
