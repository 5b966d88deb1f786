"""The two seeds, line by line: `seeds/expected.json` says what is kept and what goes."""

import json
import re
from pathlib import Path

import pytest

import streams
from streams.contracts.records import CleanArticle, RawArticle
from streams.stages.clean import Cleaner, explain
from streams.stages.clean.metadata import credit

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


def test_no_module_names_a_seeds_outlet() -> None:
    """What is known of newsrooms is data beside the code; no rule may be about the seeds' own."""
    texts = [(SEEDS / name).read_text(encoding="utf-8") for name in EXPECTED]
    names = {seed["credit"] for seed in EXPECTED.values()}
    names |= {domain for text in texts for domain in re.findall(r"@([\w-]+)\.\w+", text)}
    assert len(names) > len(EXPECTED)
    pattern = re.compile("|".join(rf"\b{re.escape(name)}\b" for name in sorted(names)), re.IGNORECASE)
    code = sorted(Path(streams.__file__).parent.rglob("*.py"))
    assert code
    assert [path.name for path in code if pattern.search(path.read_text(encoding="utf-8"))] == []


@pytest.mark.parametrize("name", sorted(EXPECTED))
def test_a_seed_is_as_clean_without_any_known_newsroom(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(credit, "_outlets", dict)
    article = Cleaner().clean(RawArticle(content=(SEEDS / name).read_text(encoding="utf-8")))
    assert isinstance(article, CleanArticle)
    assert article.text.split("\n\n") == EXPECTED[name]["keep"]
