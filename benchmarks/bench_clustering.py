"""What clustering costs: articles a second, and the cost of an article against the number of live stories.

    python -m benchmarks.bench_clustering [--stories 1000,10000,100000] [--articles 1000] [--json] [--plot FILE]
    python -m benchmarks.bench_clustering --sizes 100,1000,10000

The live stories are restored from rows, as after a restart: made-up profiles of as many terms as real ones have, over a
vocabulary in which a few words are everywhere and most are rare (Zipf). Then made-up articles arrive. One core.

``--sizes`` grows one story instead and measures its last articles, looking it through and counting it included.
"""

from __future__ import annotations

import argparse
import gc
import json
import math
import random
import resource
import time
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

from streams.contracts import codec
from streams.contracts.records import Entity, Story, StoryArticle, StoryEntity, TaggedArticle
from streams.stages.cluster import Clusterer
from streams.stages.cluster.features.article_features import BODY, ENTITIES, NAMES, key_of, pack
from streams.stages.cluster.lifecycle.split import LOOK_EVERY
from streams.stages.cluster.store.story_store import StoryState
from streams.synth.news import START, generate, told
from training.stories_data import read

#: Terms of a profile: what the development data's full articles give a story of one.
TERMS = {BODY: 80, NAMES: 12, ENTITIES: 12}
#: Words of a synthetic news language, most of them rare.
VOCABULARY = 400_000


def live_rows(count: int, seed: int = 0) -> Iterator[tuple[str, bytes]]:
    """Rows of ``count`` stories of one article."""
    rng = random.Random(seed)
    outlets = [f"Outlet {number}" for number in range(200)]
    for number in range(count):
        profile: dict[int, float] = {}
        for field, terms in TERMS.items():
            for rank in range(terms):
                # Zipf by inverse transform: rank r of the vocabulary with density 1 / r.
                term = int(VOCABULARY ** rng.random())
                profile[key_of(f"w{term}", field)] = 0.3 / (1 + rank) ** 0.5
        published = START + timedelta(seconds=number)
        article = StoryArticle(
            id=f"old-{number}",
            title=f"An older headline of about the usual length, number {number}",
            source=outlets[number % 200],
            published=published,
            language="en",
            entities=tuple(
                StoryEntity(id=f"person:someone-{number}-{i}", name=f"Someone {number} {i}", type="PER", salience=0.4)
                for i in range(4)
            ),
        )
        story = Story(
            id=f"{number:016x}",
            headline=article.title or "",
            first_seen=published,
            last_seen=published,
            article_count=1,
            articles=(article,),
            sources=(article.source or "",),
            origins=1,
            entities=article.entities,
            languages=("en",),
        )
        live = StoryState(
            position=number,
            born=number,
            indexed=number,
            number=number,
            language="en",
            story=story,
            profile=pack(profile),
        )
        yield f"s/{story.id}", codec.encode(live)


def arrivals(count: int, data: Path, after: timedelta) -> list[TaggedArticle]:
    """Full articles, of the development data where it is (with stand-in entities), else made up."""
    path = data / "stories" / "gva_dev.jsonl.gz"
    if path.exists():
        known = [row.article for row in read(path)]
        plain = [replace(known[place % len(known)], id=f"new-{place}") for place in range(count)]
    else:
        plain = [
            TaggedArticle(id=one.id, title=one.title, text=one.text, source=one.source, language="en")
            for one in generate(count, 1)
        ]
    stamped = []
    for place, article in enumerate(plain):
        names = sorted({word for word in article.text.split() if word.istitle() and len(word) > 3})[:12]
        entities = tuple(Entity(id=f"person:{name.casefold()}", name=name, type="PER", salience=0.3) for name in names)
        published = START + after + timedelta(seconds=place)
        # A copy of a text that came before would be found at once; a salt keeps each article its own.
        text = f"{article.text} Reference {place} {place * 7919}."
        stamped.append(replace(article, text=text, published=published, entities=entities))
    return stamped


def measure(live: int, articles: list[TaggedArticle]) -> dict[str, float]:
    """Milliseconds an article (mean, median, 95th of a hundred), articles a second, and memory, at ``live`` stories."""
    clusterer = Clusterer()
    began = time.perf_counter()
    clusterer.restore(live_rows(live))
    restored = time.perf_counter() - began
    # What was restored stays: a full collection over it every so often would be the garbage collector's cost, not ours.
    gc.collect()
    gc.freeze()
    for position, article in enumerate(articles[:50]):  # warm up: caches, shipped weights
        decision = clusterer.decide(article)
        if decision:
            clusterer.apply(article, decision, live + position)
    costs = []
    for position, article in enumerate(articles[50:], start=50):
        start = time.process_time()
        decision = clusterer.decide(article)
        if decision:
            clusterer.apply(article, decision, live + position)
        costs.append((time.process_time() - start) * 1000)
    costs.sort()
    return {
        "live_stories": live,
        "ms_mean": round(sum(costs) / len(costs), 3),
        "ms_median": round(costs[len(costs) // 2], 3),
        "ms_p95": round(costs[len(costs) * 95 // 100], 3),
        "articles_per_second": round(1000 * len(costs) / sum(costs), 1),
        "restore_seconds": round(restored, 1),
        "peak_rss_mb": round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024),
    }


class Joins:
    """A join decision by which whatever is found joins: what is measured is one story's growth."""

    def probabilities(self, rows: Sequence[Sequence[float]]) -> list[float]:
        return [0.6] * len(rows)


def grow(sizes: Sequence[int]) -> Iterator[dict[str, float]]:
    """One made-up story as it grows: milliseconds an article up to each size, over as many articles as it is looked
    through once (``split.LOOK_EVERY``) or all that it has; what looks cost of that; bytes of its row."""
    clusterer, costs, looks = Clusterer(Joins()), [], []
    # Of a story a third larger, without its end: follow-ups begin stories of their own, which then compete.
    everything = told(random.Random(1), "large", START, max(sizes) * 4 // 3)
    ordered = sorted(everything, key=lambda one: one.arrives)[: max(sizes)]
    for position, one in enumerate(ordered):
        article = TaggedArticle(
            id=one.id, title=one.title, text=one.text, source=one.source, published=one.published, language="en"
        )
        start = time.process_time()
        decision = clusterer.decide(article)
        decided = time.process_time() - start
        if decision is None:
            continue
        changes = clusterer.apply(article, decision, position)
        costs.append((time.process_time() - start) * 1000)
        looks.append(decided * 1000 if decision.looked else 0.0)
        if position + 1 in sizes:
            last = slice(-LOOK_EVERY, None)
            largest = max(clusterer.stories(), key=lambda story: story.article_count)
            yield {
                "size": largest.article_count,
                "ms_mean": round(sum(costs[last]) / len(costs[last]), 3),
                "ms_median": round(sorted(costs[last])[len(costs[last]) // 2], 3),
                "looks": sum(look > 0 for look in looks[last]),
                "ms_of_looks": round(sum(looks[last]) / len(costs[last]), 3),
                "outlets": largest.outlets,
                "row_bytes": max((len(row) for row in changes.rows.values() if row), default=0),
            }


def plot(figures: list[dict[str, float]]) -> str:
    """An SVG of milliseconds an article against live stories, both axes logarithmic."""
    width, height, left, low, high = 560, 300, 60, 0.1, 100.0
    first, last = figures[0]["live_stories"], max(figures[-1]["live_stories"], 10 * figures[0]["live_stories"])

    def x(live: float) -> float:
        return left + (width - left - 30) * math.log(live / first) / math.log(last / first)

    def y(cost: float) -> float:
        return 20 + (height - 70) * (1 - math.log(cost / low) / math.log(high / low))

    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" font-family="sans-serif" '
        'font-size="12" fill="#555"><title>Cost of an article against live stories</title>'
    ]
    for cost in (0.1, 1, 10, 100):
        parts.append(f'<path d="M{left} {y(cost):.1f}H{width - 20}" stroke="#ddd"/>')
        parts.append(f'<text x="{left - 6}" y="{y(cost) + 4:.1f}" text-anchor="end">{cost:g} ms</text>')
    for name, colour in (("ms_mean", "#1f6feb"), ("ms_p95", "#999")):
        points = " ".join(f"{x(one['live_stories']):.1f},{y(one[name]):.1f}" for one in figures)
        parts.append(f'<polyline points="{points}" fill="none" stroke="{colour}" stroke-width="2"/>')
        end = figures[-1]
        parts.append(f'<text x="{x(end["live_stories"]) - 8:.1f}" y="{y(end[name]) - 8:.1f}" text-anchor="end" '
                     f'fill="{colour}">{"mean" if name == "ms_mean" else "95th percentile"}</text>')  # fmt: skip
    parts += [
        f'<text x="{x(live):.1f}" y="{height - 30}" text-anchor="middle">{live:,.0f}</text>'
        for live in (one["live_stories"] for one in figures)
    ]
    parts.append(f'<text x="{width / 2}" y="{height - 8}" text-anchor="middle">live stories</text></svg>')
    return "\n".join(parts) + "\n"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--stories", default="1000,10000,100000")
    parser.add_argument("--sizes", help="Grow one story to these numbers of articles instead.")
    parser.add_argument("--articles", type=int, default=1000)
    parser.add_argument("--data", type=Path, default=Path("../shared/data"))
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--plot", type=Path, help="Write the cost against live stories to this SVG file.")
    options = parser.parse_args()
    if options.sizes:
        for figures in grow([int(number) for number in options.sizes.split(",")]):
            print("  ".join(f"{name} {value}" for name, value in figures.items()), flush=True)
        return
    measured = []
    for live in sorted(int(number) for number in options.stories.split(",")):
        figures = measure(live, arrivals(options.articles, options.data, timedelta(seconds=live)))
        measured.append(figures)
        if options.json:
            print(json.dumps(figures), flush=True)
        else:
            print("  ".join(f"{name} {value}" for name, value in figures.items()), flush=True)
    if options.plot:
        options.plot.write_text(plot(measured), encoding="utf-8")


if __name__ == "__main__":
    print(f"# {datetime.now(UTC):%Y-%m-%d}, one core")
    main()
