"""The count of entities not worth showing, on lists that can be checked by hand."""

from __future__ import annotations

import gzip
from pathlib import Path

import pytest

from streams.contracts import codec
from streams.contracts.records import Entity, EntityType, Mention, StoryEntity, TaggedArticle
from streams.stages.tag import create_tagger
from training.entities_shown import KINDS, count, measure, render, wrong
from training.entities_words import common, main
from training.stories_data import Labelled


def entity(name: str, kind: EntityType = "MISC") -> StoryEntity:
    return StoryEntity(id=f"{kind}:{name}", name=name, type=kind)


def kinds(*shown: StoryEntity, text: str = "", title: str = "") -> dict[str, list[str]]:
    return wrong(shown, [TaggedArticle(id="a", title=title, text=text)])


@pytest.mark.parametrize("name", ["Thursday", "Thursday morning", "Sept.", "September 11, 2001", "last Friday"])
def test_times(name: str) -> None:
    assert kinds(entity(name)) == {"calendar": [name]}


@pytest.mark.parametrize("name", ["Black Friday", "April Smith", "Sun", "Jan", "Monday Club"])
def test_no_times(name: str) -> None:
    assert kinds(entity(name)) == {}


def test_doubles() -> None:
    assert kinds(entity("Moon", "PER"), entity("MOON", "LOC")) == {"twice": ["MOON"]}
    jesse = entity("Jesse Jackson Jr.", "PER")
    assert kinds(entity("Jackson", "PER"), jesse) == {"surname": ["Jackson"]}
    assert kinds(entity("Jackson", "PER"), jesse, entity("Mahalia Jackson", "PER")) == {}
    assert kinds(entity("Democrats"), entity("Democratic Party", "ORG"), entity("GOP", "ORG")) == {
        "party": ["Democratic Party"]
    }
    long = entity("Deferred Action for Childhood Arrivals", "ORG")
    assert kinds(entity("DACA"), long) == {"acronym": ["DACA"]}
    assert kinds(entity("Daca"), long) == {}


def test_pieces_of_headlines() -> None:
    beck, piece = entity("Glenn Beck", "PER"), entity("Glenn Beck Rips", "PER")
    assert kinds(beck, piece, text="Mr. Beck spoke.") == {"fragment": ["Glenn Beck Rips"]}
    assert kinds(beck, piece, text="a band called Glenn Beck Rips") == {}
    assert kinds(piece, text="how he rips them") == {"fragment": ["Glenn Beck Rips"]}
    assert kinds(piece, text="how Beck plays, Rips says, and rips") == {}
    # Another name of what a text mentions is none.
    mention = Mention(field="text", start=0, end=3, surface="GOP")
    party = Entity(id="ORG:Grand Old Party", name="Grand Old Party", type="ORG", mentions=(mention,))
    article = TaggedArticle(id="a", text="GOP is old.", entities=(party,))
    assert wrong([entity("Grand Old Party", "ORG")], [article]) == {}


def rows() -> list[Labelled]:
    def article(id_: str, *names: str) -> TaggedArticle:
        found = tuple(Entity(id=f"misc:{name}", name=name, type="MISC", salience=0.5) for name in names)
        return TaggedArticle(id=id_, text="It was so.", entities=found)

    return [
        Labelled(article("a", "Thursday", "Portford"), "s"),
        Labelled(article("b", "Thursday"), "s"),
        Labelled(article("c", "Friday"), "t"),
    ]


def test_true_stories_are_counted_as_the_service_shows_them() -> None:
    figures = count(rows())
    assert figures == {"stories": 2, "shown": 3, "calendar": 2} | dict.fromkeys(KINDS[1:], 0)
    assert "| made up | 2 | 3 | 2 | 0 | 0 | 0 | 0 | 0 | 66.67 |" in render({"made up": figures})


def test_sets_are_read_and_tagged(tmp_path: Path) -> None:
    (tmp_path / "stories").mkdir()
    row = {"id": "a", "title": "Talks", "text": "NATO met Mark Rutte on Thursday.", "lang": "en", "story": "s"}
    with gzip.open(tmp_path / "stories" / "basil.jsonl.gz", "wb") as file:
        file.write(codec.encode(row))
    figures = measure(tmp_path, create_tagger(backend="gazetteer"))
    assert list(figures) == ["basil"]
    assert figures["basil"]["shown"] == 2


def test_common_words_are_those_written_small(tmp_path: Path) -> None:
    texts = ["the old mayor saw Ann Brown", "an old, brown dog", "the old Brown house", "the brown one saw it"]
    assert common(texts) == ["old", "the"]
    (tmp_path / "stories").mkdir()
    for name in ("allsides", "basil", "groundnews_dev", "neus1k"):
        with gzip.open(tmp_path / "stories" / f"{name}.jsonl.gz", "wb") as file:
            file.write(codec.encode({"id": name, "text": texts[0], "story": "s"}))
    main(tmp_path, tmp_path / "common.txt")
    assert (tmp_path / "common.txt").read_text().splitlines()[1:] == ["mayor", "old", "saw", "the"]
