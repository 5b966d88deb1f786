"""The scorers and the preparation of training data, on cases that can be checked by hand."""

from __future__ import annotations

from pathlib import Path

import pytest

from streams.stages.tag.ner import RawSpan
from training.entities_data import Document, score, trim
from training.entities_gold import b_cubed, read_names, read_quotes
from training.train_entities import whole


def test_b_cubed_by_hand() -> None:
    gold = [(1, "a"), (2, "a"), (3, "b")]
    found = [(1, "x"), (2, "y"), (3, "y")]
    figures = b_cubed(gold, found)
    # Precision: 1, 1/2, 1/2; recall: 1/2, 1/2, 1.
    assert figures["precision"] == pytest.approx(2 / 3)
    assert figures["recall"] == pytest.approx(2 / 3)


def test_b_cubed_counts_what_was_made_up_and_what_was_missed() -> None:
    assert b_cubed([(1, "a")], [(1, "x"), (2, "x")])["precision"] == pytest.approx(1 / 4)
    assert b_cubed([(1, "a"), (2, "a")], [(1, "x")])["recall"] == pytest.approx(1 / 4)
    assert b_cubed([], [])["f1"] == 0.0


def test_scores_forgive_an_article_and_a_possessive_and_nothing_else() -> None:
    text = "The Bank's chief"
    assert trim(text, 0, 10) == (4, 8)
    document = Document("d", text, ((4, 8, "ORG"),))
    assert score([document], [[(0, 10, "ORG")]])["org"] == 1.0
    assert score([document], [[(4, 8, "PER")]])["org"] == 0.0
    assert score([document], [[]])["f1_per_org_loc"] == 0.0


def test_pieces_of_a_name_are_put_together() -> None:
    text = "He left the University of Auckland."
    document = Document("d", text, ((12, 25, "ORG"), (26, 34, "LOC")))
    start = text.index("University")
    assert whole(document, [RawSpan(start, start + 22, "ORG")]).spans == ((12, 34, "ORG"),)
    assert whole(document, []).spans == document.spans
    assert whole(document, [RawSpan(start, start + 22, "PERSON")]).spans == document.spans


def test_gold_files_are_read_with_their_offsets(tmp_path: Path) -> None:
    path = tmp_path / "gold.txt"
    path.write_text('# comment\n{Ann Roe|"We go," Ann Roe said, "now."}\n===\nShe called it "odd".\n', encoding="utf-8")
    first, second = read_quotes(path)
    assert [first.text[start:end] for start, end, _ in first.quotes] == ['"We go,"', '"now."']
    assert {speaker for _, _, speaker in first.quotes} == {"Ann Roe"}
    assert second.quotes == ()
    path.write_text("# comment\n[Ann Roe=p:ann] met [Roe=p:ann] in [Rome=l:rome].\n", encoding="utf-8")
    [text] = read_names(path)
    assert [text.text[name.start : name.end] for name in text.names] == ["Ann Roe", "Roe", "Rome"]
    assert [name.type for name in text.names] == ["PER", "PER", "LOC"]
    assert text.keys == ("p:ann", "p:ann", "l:rome")
