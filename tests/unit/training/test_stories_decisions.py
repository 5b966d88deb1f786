"""What people decided as pairs to learn from: it moves what is learned of like pairs, and broken rows are named."""

from __future__ import annotations

import io
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner

from streams.contracts import codec
from streams.export.spool import Spool
from streams.export.tables import Wanted
from streams.export.writers import FORMATS
from streams.models.table import Table
from streams.ops.rulings import Ruling
from streams.stages.cluster.features.pair_features import PAIR_CONSTRAINTS
from training.commands.train import train
from training.stories_data import Labelled, synthetic
from training.stories_decisions import DECISION_WEIGHT, Decided, read_decisions
from training.stories_learning import history
from training.stories_pairs import SET_WEIGHT, pair_trees, pairs_of


def exported(path: Path, rows: list[Labelled]) -> Path:
    """The articles as ``streams export articles`` writes them."""
    out = io.BytesIO()
    write, _ = FORMATS["jsonl"]
    with Spool(path.with_suffix(".db")) as spool:
        for row in rows:
            spool.article(row.article, arrived=0.0)
        write("articles", spool.rows("articles", Wanted()), out)
    path.write_bytes(out.getvalue())
    return path


def ruling(one: str, other: str, label: str, correction: str) -> bytes:
    row = Ruling(
        kind="pair", label=label, language="en", story_id="s", article_id=one, other_article_id=other,  # type: ignore[arg-type]
        correction=correction, action="split", by="Ada", why="", at=None,
    )  # fmt: skip
    return codec.encode(row)


@pytest.fixture
def rows() -> list[Labelled]:
    return synthetic(100, 31)


def decided(folder: Path, rows: list[Labelled], lines: list[bytes]) -> Decided:
    path = folder / "decisions.jsonl"
    path.write_bytes(b"\n".join(lines) + b"\n")
    return read_decisions(path, exported(folder / "articles.jsonl", rows))


def together(rows: list[Labelled]) -> list[tuple[str, str]]:
    """Two articles of each story that has as many."""
    first: dict[str, str] = {}
    pairs = [
        (known, row.article.id)
        for row in rows
        if (known := first.setdefault(row.story, row.article.id)) != row.article.id
    ]
    return list({one: (one, other) for one, other in pairs}.values())


def test_decisions_move_what_is_learned_of_like_pairs(tmp_path: Path, rows: list[Labelled]) -> None:
    taught = pairs_of(history(synthetic(90, 7)))
    pairs = together(rows)
    apart = decided(tmp_path, rows, [ruling(*pair, "apart", f"c{number}") for number, pair in enumerate(pairs)])
    assert apart.left_out == {}
    assert len(apart.pairs.right) == apart.decisions == len(pairs) > 10
    assert not apart.pairs.right.any()
    same = replace(apart.pairs, right=~apart.pairs.right)
    like = Table(tuple(PAIR_CONSTRAINTS), apart.pairs.features)
    without, doubted, confirmed = (
        float(np.mean(pair_trees(parts).predict(like))) for parts in ([taught], [taught, apart.pairs], [taught, same])
    )
    assert doubted < without - 0.05
    assert confirmed > doubted + 0.05


def test_a_decision_counts_once_however_many_pairs_it_gives(tmp_path: Path, rows: list[Labelled]) -> None:
    lines = [ruling(*pair, "same", "one merge") for pair in together(rows)]
    found = decided(tmp_path, rows, lines)
    assert (found.decisions, found.pairs.weight) == (1, DECISION_WEIGHT)
    many = decided(tmp_path, rows, [ruling("a", "b", "same", "x")] * 3)
    assert (many.decisions, len(many.pairs.right)) == (0, 0)
    assert DECISION_WEIGHT < SET_WEIGHT


def test_broken_rows_are_counted_and_named_and_the_later_of_two_stands(tmp_path: Path, rows: list[Labelled]) -> None:
    (one, other), *_ = together(rows)
    headline = codec.encode({"kind": "headline", "label": "chosen", "language": "en", "story_id": "s",
                             "correction": "c", "action": "pin", "by": "Ada", "why": "", "at": None})  # fmt: skip
    found = decided(tmp_path, rows, [
        b"{", b'{"kind": "pair"}', ruling(one, one, "same", "c1"), headline,
        ruling(one, "gone", "same", "c2"), ruling(one, other, "same", "c3"), ruling(other, one, "apart", "c4"),
    ])  # fmt: skip
    assert found.pairs.right.tolist() == [False]
    assert {why: len(named) for why, named in found.left_out.items()} == {
        "broken": 3, "of no pair": 1, "without the text of an article": 1,
    }  # fmt: skip
    assert found.left_out["without the text of an article"] == ["gone"]
    said = found.render()
    assert "1 pairs of 1 decisions" in said
    assert "decisions.jsonl line 1" in said


def test_decisions_want_their_texts(tmp_path: Path) -> None:
    path = tmp_path / "decisions.jsonl"
    path.touch()
    result = CliRunner().invoke(train, ["stories", str(tmp_path), "--decisions", str(path)])
    assert result.exit_code == 2
    assert "--articles" in result.output
