"""Made-up news: the same for the same seed, of every hard kind, and clustered well."""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from datetime import timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner

from streams.contracts import codec
from streams.contracts.records import RawArticle
from training.commands.synth import synth
from training.synth import generate


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
