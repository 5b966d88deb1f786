"""Made-up news: the same for the same seed, of every hard kind, and clustered well."""

from __future__ import annotations

import json
import random
import re
from collections import Counter, defaultdict
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner

from streams.cli.synth import synth
from streams.contracts import codec
from streams.contracts.records import RawArticle
from streams.stages.cluster.features.article_features import words
from streams.synth.news import START, generate, told, week


def test_the_same_seed_gives_the_same_articles() -> None:
    assert list(generate(50, 7)) == list(generate(50, 7))
    assert list(generate(50, 7)) != list(generate(50, 8))
    assert [article.id for article in generate(50, 7)] == [article.id for article in generate(200, 7)][:50]


def test_it_holds_what_makes_news_hard() -> None:
    articles = list(generate(4000, 1))
    assert len({article.id for article in articles}) == 4000
    assert [article.arrives for article in articles] == sorted(article.arrives for article in articles)
    assert [article.published for article in articles] != sorted(article.published for article in articles)
    assert any(article.arrives - article.published > timedelta(hours=1) for article in articles)
    stories = defaultdict(list)
    for article in articles:
        stories[article.story].append(article)
    spans = [max(a.published for a in some) - min(a.published for a in some) for some in stories.values()]
    assert max(spans) > timedelta(days=7)
    assert max(len(some) for some in stories.values()) > 20
    copies = Counter(article.text for article in articles)
    assert copies.most_common(1)[0][1] > 1
    titles = Counter(article.title.split()[0] for article in articles)
    assert titles["Police"] > 5


def test_sizes_are_heavy_tailed_up_to_the_largest() -> None:
    sizes = Counter(Counter(article.story for article in generate(12_000, 2, largest=3000)).values())
    stories = sum(sizes.values())
    assert max(sizes) > 400
    assert max(sizes) <= 3000
    assert 0.4 < (sizes[1] + sizes[2]) / stories < 0.75
    # Pareto's law: of ten times the size there are an eighth as many, give or take.
    tens, hundreds = (sum(n for size, n in sizes.items() if size >= least) for least in (10, 100))
    assert 4 < tens / hundreds < 25
    assert max(Counter(article.story for article in generate(500, 2, largest=5)).values()) <= 5


@pytest.mark.parametrize("per_day", [24, 160, 10_000])
def test_it_is_as_dense_as_it_is_asked_to_be(per_day: int) -> None:
    # Long enough for chance, and for the articles of stories that go on, to even out.
    count = max(6000, 2 * per_day)
    arrives = [article.arrives for article in generate(count, 1, per_day=per_day)]
    late = arrives[count // 2 :]
    assert 0.6 < (count / 2) / ((late[-1] - late[0]) / timedelta(days=1)) / per_day < 1.6


def test_the_articles_of_a_large_story_are_worded_apart() -> None:
    articles = list(told(random.Random(4), "s", START, 400))
    assert len(articles) == len({article.id for article in articles}) == 400
    assert len({article.source for article in articles}) == 400
    texts = [set(words(article.text)) for article in articles]
    rng = random.Random(1)
    pairs = [rng.sample(texts, 2) for _ in range(500)]
    shared = sorted(len(one & other) / len(one | other) for one, other in pairs)
    # Two reports by chance share a sixth of their words, few share half; yet each has near neighbours.
    assert shared[len(shared) // 2] < 0.3
    assert sum(share > 0.5 for share in shared) < 0.25 * len(shared)
    nearest = sorted(max(len(a & b) / len(a | b) for b in texts if b is not a) for a in texts[:100])
    assert nearest[20] > 0.4
    # What comes later is told from a later angle.
    in_order = [article.title for article in sorted(articles, key=lambda article: article.published)]
    early, late = Counter(in_order[:150]), Counter(in_order[-150:])
    assert any(count > 2 * late[title] + 2 for title, count in early.items())
    assert any(count > 2 * early[title] + 2 for title, count in late.items())


def test_a_week_ends_when_it_should_on_the_days_that_it_names() -> None:
    ends = datetime(2026, 3, 4, 15, 30, tzinfo=UTC)
    articles = week(1500, ends=ends)
    assert abs(articles[-1].arrives - ends) < timedelta(seconds=1)
    assert max(article.published for article in articles) <= ends
    assert timedelta(days=5) < ends - articles[0].arrives < timedelta(days=7)
    assert [article.id for article in articles] == [article.id for article in week(1500, ends=ends - timedelta(9))]
    fires = [article for article in articles if re.search(r" in \w+ on [A-Z]\w+day, injuring", article.text)]
    # The day is the one on which the story began, which the first report is of, or of the day after.
    first = {article.story: article for article in sorted(fires, key=lambda one: one.published, reverse=True)}
    right = [f"on {at:%A}" in one.text for one in first.values() for at in (one.published,)]
    assert len(first) > 10
    assert sum(right) > 0.6 * len(right)


def test_an_agencys_text_is_carried_by_many() -> None:
    carried = [list(told(random.Random(seed), "s", START, 200)) for seed in range(8)]
    copies = [Counter(article.text for article in articles).most_common(1)[0][1] for articles in carried]
    assert max(copies) > 5
    assert min(copies) < 4


@pytest.mark.parametrize("form", ["text", "html", "tagged"])
def test_the_command_writes_articles_and_truth(tmp_path: Path, form: str) -> None:
    gold = tmp_path / "gold.jsonl"
    result = CliRunner().invoke(synth, ["--articles", "20", "--format", form, "--gold", str(gold)])
    assert result.exit_code == 0
    rows = [json.loads(line) for line in result.stdout.splitlines()]
    truth = [json.loads(line) for line in gold.read_text().splitlines()]
    assert [row["id"] for row in rows] == [row["id"] for row in truth]
    if form != "tagged":
        raw = codec.decode(RawArticle, result.stdout.splitlines()[0])
        assert raw.content_type == ("text/html" if form == "html" else "text/plain")


def test_the_command_writes_a_toll_that_rises_in_the_largest_story(tmp_path: Path) -> None:
    gold = tmp_path / "gold.jsonl"
    arguments = ["--articles", "400", "--format", "tagged", "--gold", str(gold)]
    plain, risen = (CliRunner().invoke(synth, [*arguments, *more]) for more in ([], ["--rising"]))
    homes = [json.loads(line)["story"] for line in gold.read_text().splitlines()]
    before, after = ([json.loads(line) for line in result.stdout.splitlines()] for result in (plain, risen))
    changed = [home for home, one, other in zip(homes, before, after, strict=True) if one != other]
    assert len(set(changed)) == 1
    assert len(changed) == Counter(homes).most_common(1)[0][1] > 2
    of_story = sorted((one for one, home in zip(after, homes, strict=True) if home == changed[0]),
                      key=lambda one: (one["published"], one["id"]))  # fmt: skip
    tolls = [int(one["text"].rsplit("risen to ", 1)[1].split(",")[0]) for one in of_story]
    assert tolls == sorted(tolls)
    assert set(tolls) == {9, 12, 15}
