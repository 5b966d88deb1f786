"""Beyond one assigner a language: what parting a stream costs in quality, and how much a linking pass brings back.

    python benchmarks/bench_partitions.py [DATA] [--sets g5w1h,basil,groundnews_dev] [--parts 1,2,4,8]

A corpus arrives in a random order. Each article goes to one of k clusterers, which know nothing of each other, by a key
of its own: its most salient entity, or its topic (the nearest of k centroids, learned from the other corpora). Then one
more clusterer links: it takes the article that a story has its headline from, for each story of the parts, and what it
puts together is one story. ``busiest`` is the largest part's share of the articles, hence the most that parting can
gain; ``linked`` the share of the articles that the linking clusterer takes.

The shipped models have learned from these corpora: the loss against k = 1 is what the table tells, not the height.
A table in Markdown; what needs the corpora is left out where they are not.
"""

from __future__ import annotations

import argparse
import sys
from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path
from statistics import mean

from streams.contracts.records import TaggedArticle
from streams.stages.cluster import Clusterer
from streams.text import digest
from training.stories_data import Labelled, read, shuffled, tagged
from training.stories_scores import scores

Route = Callable[[TaggedArticle], int]

_SETS = ("g5w1h", "basil", "groundnews_dev")
#: Terms of the vectors that topics are told by, and the seed of order and centroids.
_TERMS, _SEED = 20_000, 1


def by_entity(parts: int) -> Route:
    """By the most salient entity; an article without one by its id."""

    def route(article: TaggedArticle) -> int:
        key = article.entities[0].id if article.entities else article.id
        return int(digest("part", key), 16) % parts

    return route


def by_topic(parts: int, others: Sequence[TaggedArticle]) -> Route:
    """By the nearest of as many centroids of other news."""
    from sklearn.cluster import KMeans
    from sklearn.feature_extraction.text import TfidfVectorizer

    vectors = TfidfVectorizer(sublinear_tf=True, stop_words="english", max_features=_TERMS, min_df=2)
    known = vectors.fit_transform([_words(article) for article in others])
    topics = KMeans(parts, random_state=_SEED, n_init=3).fit(known)
    return lambda article: int(topics.predict(vectors.transform([_words(article)]))[0])


def _words(article: TaggedArticle) -> str:
    return f"{article.title or ''} {article.text}"


def clustered(articles: Sequence[TaggedArticle]) -> Clusterer:
    """The shipped clusterer, after these articles."""
    clusterer = Clusterer()
    for position, article in enumerate(articles):
        decision = clusterer.decide(article)
        if decision is not None:
            clusterer.apply(article, decision, position)
    return clusterer


def linked(articles: Sequence[TaggedArticle], parts: Sequence[Clusterer]) -> tuple[dict[str, str], int]:
    """Article → story, the stories of the parts put together; and of how many stories that took a look."""
    own = {id_: f"{part} {story}" for part, each in enumerate(parts) for id_, story in each.assignments().items()}
    headlines = {
        f"{part} {story.id}": {entry.id for entry in story.articles if entry.title == story.headline}
        for part, each in enumerate(parts)
        for story in each.stories()
    }
    stands_for: dict[str, TaggedArticle] = {}
    for article in articles:
        story = own.get(article.id)
        if story is not None and (story not in stands_for or stands_for[story].id not in headlines.get(story, ())):
            stands_for[story] = article
    place = {article.id: number for number, article in enumerate(articles)}
    link = clustered(sorted(stands_for.values(), key=lambda article: place[article.id]))
    together = link.assignments()
    return {id_: together.get(stands_for[story].id, story) for id_, story in own.items()}, len(stands_for)


def measure(rows: Sequence[Labelled], parts: int, route: Route) -> dict[str, float]:
    """B-cubed F1 of the parts alone and linked, and the shares of articles that ``busiest`` and linking take."""
    articles = [row.article for row in rows]
    true = {row.article.id: row.story for row in rows}
    routes = [route(article) for article in articles]
    streams = [[each for each, to in zip(articles, routes, strict=True) if to == part] for part in range(parts)]
    clusterers = [clustered(stream) for stream in streams]
    alone = {
        id_: f"{part} {story}" for part, each in enumerate(clusterers) for id_, story in each.assignments().items()
    }
    found, looked = linked(articles, clusterers) if parts > 1 else (alone, 0)
    return {
        "parts": scores(true, alone)["b3_f1"],
        "linked": scores(true, found)["b3_f1"],
        "busiest": max(Counter(routes).values()) / len(articles),
        "taken": looked / len(articles),
    }


def table(sets: dict[str, list[Labelled]], numbers: Sequence[int]) -> str:
    """A row for each key and k: B-cubed F1 by set, parted and then linked, and the means."""
    lines = [
        f"| key | k | {' | '.join(sets)} | mean | loss | busiest part | taken by linking |",
        "|" + " --- |" * (len(sets) + 6),
    ]
    whole: float | None = None
    for number in numbers:
        for key in ("entity", "topic") if number > 1 else ("none",):
            figures = []
            for name, rows in sets.items():
                others = [row.article for other, some in sets.items() if other != name for row in some]
                route = by_topic(number, others) if key == "topic" else by_entity(number)
                figures.append(measure(rows, number, route))
                print(name, key, number, figures[-1], file=sys.stderr, flush=True)
            for column in ("parts", "linked") if number > 1 else ("parts",):
                values = [each[column] for each in figures]
                whole = mean(values) if whole is None else whole
                shares = [mean(each[name] for each in figures) for name in ("busiest", "taken")]
                taken = f"{shares[1]:.0%}" if column == "linked" else "–"
                lines.append(
                    f"| {key}{', linked' if column == 'linked' else ''} | {number} | "
                    f"{' | '.join(f'{value:.3f}' for value in values)} | {mean(values):.3f} | "
                    f"{whole - mean(values):.3f} | {shares[0]:.0%} | {taken} |"
                )
    return "\n".join(lines)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", nargs="?", type=Path, default=Path("../shared/data"))
    parser.add_argument("--sets", default=",".join(_SETS))
    parser.add_argument("--parts", default="1,2,4,8", help="Numbers of parts, 1 first.")
    options = parser.parse_args()
    files = {name: options.data / "stories" / f"{name}.jsonl.gz" for name in options.sets.split(",")}
    if missing := [str(file) for file in files.values() if not file.is_file()]:
        print(f"not measured: there is no {', '.join(missing)}")
        return
    sets = {name: tagged(shuffled(read(file), _SEED)) for name, file in files.items()}
    print(table(sets, [int(number) for number in options.parts.split(",")]))


if __name__ == "__main__":
    main()
