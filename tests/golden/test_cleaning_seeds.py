"""The two seeds, line by line: `seeds/expected.json` says what is kept and what goes."""

import json
from pathlib import Path

import pytest

from streams.cleaning import Cleaner, explain
from streams.records import CleanArticle, RawArticle

SEEDS = Path(__file__).parents[2] / "seeds"
EXPECTED = json.loads((SEEDS / "expected.json").read_text(encoding="utf-8"))["cleaning"]


@pytest.mark.parametrize("name", sorted(EXPECTED))
def test_a_seed_keeps_its_paragraphs_and_nothing_else(name: str) -> None:
    raw = RawArticle(content=(SEEDS / name).read_text(encoding="utf-8"))
    expected = EXPECTED[name]

    article = Cleaner().clean(raw)

    assert isinstance(article, CleanArticle)
    assert article.title == expected["title"]
    assert article.text.split("\n\n") == expected["keep"]
    assert article.credit == expected["credit"]
    assert article.language == expected["language"]


@pytest.mark.parametrize("name", sorted(EXPECTED))
def test_the_audit_accounts_for_every_line(name: str) -> None:
    raw = RawArticle(content=(SEEDS / name).read_text(encoding="utf-8"))
    article = Cleaner().clean(raw)
    assert isinstance(article, CleanArticle)
    rows = explain(raw, article)

    assert [line for kept, line, _, _ in rows if not kept] == EXPECTED[name]["drop"]
    assert [line for kept, line, _, _ in rows if kept] == EXPECTED[name]["keep"]
    assert all(reason and 0 <= score <= 1 for kept, _, reason, score in rows if not kept)


def test_expected_covers_every_seed() -> None:
    assert sorted(EXPECTED) == sorted(path.name for path in SEEDS.glob("*.txt"))
    assert all(len(seed["keep"]) > 10 and len(seed["drop"]) > 5 for seed in EXPECTED.values())
