"""Made-up news with known stories, the same for the same seed, in any volume: for load, chaos and scale tests.

Each story is an event with its own people, place, figures and date. Around it come what makes news hard: outlets that
tell it in other words, agencies whose text others carry whole or cut, bursts, follow-ups days and weeks later, other
events of the same kind (look-alikes), and articles that arrive late or out of order.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from heapq import heappop, heappush
from html import escape

from streams.contracts.records import RawArticle
from training.synth_words import AGENCIES, FIRST, KINDS, OUTLETS, PLACE_ENDS, PLACE_STARTS, SURNAME_ENDS, SURNAMES

START = datetime(2025, 1, 6, 6, tzinfo=UTC)
#: Minutes between the beginnings of two stories.
STORY_EVERY = 40.0
#: Share of stories that come in a burst, that have a follow-up, that an agency carries; of articles that come late.
BURST, FOLLOW_UP, AGENCY, LATE = 0.15, 0.2, 0.3, 0.1


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


def generate(count: int, seed: int = 0) -> Iterator[Synthetic]:
    """``count`` articles in order of arrival. A longer run begins with the same stories as a shorter one."""
    rng = random.Random(seed)
    waiting: list[tuple[datetime, int, Synthetic]] = []
    made = sent = number = 0
    now = START
    while sent < count:
        now += timedelta(minutes=rng.expovariate(1 / STORY_EVERY))
        number += 1
        for article in _story(rng, f"{seed}-{number}", now):
            heappush(waiting, (article.arrives, made, article))
            made += 1
        # Whatever is due before the next story can begin; once enough is made, the rest comes as it is due.
        while waiting and sent < count and (waiting[0][0] <= now or made - sent > 4 * count):
            yield heappop(waiting)[2]
            sent += 1


def _story(rng: random.Random, story: str, begins: datetime) -> Iterator[Synthetic]:
    kind = rng.choice(KINDS)
    facts = _facts(rng, begins)
    reports = 1 + min(12, int(rng.paretovariate(1.1))) * (3 if rng.random() < BURST else 1)
    agency = rng.choice(AGENCIES) if rng.random() < AGENCY and reports > 2 else None
    wire: tuple[str, str] | None = None
    outlets = rng.sample(OUTLETS, k=min(reports, len(OUTLETS)))
    follow_up = rng.random() < FOLLOW_UP
    for place in range(reports):
        later = follow_up and place >= max(1, reports - 2)
        delay = timedelta(days=rng.uniform(3, 20)) if later else timedelta(hours=rng.expovariate(1 / 5))
        title, text = _report(rng, kind["follow" if later else "first"], kind["titles"], facts)
        if agency and not later:
            if wire is None:
                wire = title, f"{text}\n\n({agency})"
            elif rng.random() < 0.5:
                title, text = wire
                if rng.random() < 0.5:  # cut from the end, as desks do, but the credit stays
                    paragraphs = text.split("\n\n")
                    text = "\n\n".join([*paragraphs[: max(2, len(paragraphs) - 2)], f"({agency})"])
        published = (begins + delay).replace(microsecond=0)
        late = timedelta(hours=rng.uniform(1, 12)) if rng.random() < LATE else timedelta(minutes=rng.uniform(0, 5))
        source = outlets[place % len(outlets)]
        yield Synthetic(f"s{story}-{place}", f"story-{story}", title, text, source, published, published + late)


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
    told = [sentence.format(**facts) for sentence in (rng.choice(lead), *chosen)]
    paragraphs = [" ".join(told[place : place + 2]) for place in range(0, len(told), 2)]
    return rng.choice(titles).format(**facts), "\n\n".join(paragraphs)


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
