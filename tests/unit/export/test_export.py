"""Exports: the newest of everything, under the story that the log says, read back as others would read it."""

from __future__ import annotations

import csv
import io
import sqlite3
import xml.etree.ElementTree as ET
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace

import pyarrow as pa
import pyarrow.csv as pa_csv
import pyarrow.parquet as pq
import pytest
import sqlite_utils
from click.testing import CliRunner

from streams.cli.export import export
from streams.contracts import codec
from streams.contracts.records import (
    Alert,
    Decision,
    Entity,
    Mention,
    Quote,
    Sentence,
    Story,
    StoryArticle,
    StoryEvent,
    StoryLink,
    TaggedArticle,
)
from streams.export import topics
from streams.export.spool import Spool
from streams.export.tables import TABLES, Name, Wanted
from streams.export.writers import FORMATS, write_file
from streams.settings import Settings
from streams.stages.cluster import Clusterer, fold
from training.stories_data import shuffled, synthetic

NOON = datetime(2025, 9, 19, 12, tzinfo=UTC)
HOSTILE = '=cmd|"/c calc"!A1,\n<b>&amp; \x00\x08 “quoted” \u202e line\r\nend'
MARA = Entity(
    id="person:mara-holm",
    name="Mara Holm",
    type="PER",
    mentions=(Mention(field="text", start=0, end=4, surface="Mara"),),
    salience=0.5,
)
FERRY = TaggedArticle(
    id="a1",
    text=HOSTILE,
    title="Ferry runs aground",
    url="https://news.example/ferry",
    source="Coast Daily",
    authors=("Ann Lee", "Bo; Ek"),
    published=NOON,
    language="en-GB",
    confidence=0.93,
    entities=(MARA, Entity(id="place:no", name="Norway", type="LOC", latitude=62.0, longitude=10.0, link="iso:NO")),
    quotes=(Quote(text="We are all safe", start=3, end=18, speaker=MARA.id),),
)
VOTE = TaggedArticle(id="a2", text="Abstimmung", credit="dpa", language="de", paywalled=True)


@pytest.fixture
def spool(tmp_path: Path) -> Iterator[Spool]:
    with Spool(tmp_path / "spool.db") as made:
        yield made


def filled(spool: Spool) -> Spool:
    """Two articles, each in a story."""
    stories: dict[str, Story] = {}
    for article in (FERRY, VOTE):
        spool.article(article, arrived=(NOON + timedelta(days=1)).timestamp())
        shown = StoryArticle(id=article.id, title=article.title, source=article.source)
        made = StoryEvent(
            id=f"e-{article.id}", type="created", story_id=f"s-{article.id}", at=article.published,
            article_id=article.id, article=shown,
        )  # fmt: skip
        spool.decision(Decision(article_id=article.id, events=(made,)))
        fold(stories, (made,))
    lead = (Sentence(text=HOSTILE, score=0.5),)
    for story in stories.values():
        other, language = ("s-a2", "en") if story.id == "s-a1" else ("s-a1", "de")
        link = StoryLink(story_id=other, kind="follows", score=0.7, at=NOON)
        told = replace(story, languages=(language,), links=(link,), storyline="s-a1", lead=lead)
        spool.story(told, changed=NOON.timestamp())
    alert = Alert(id="al", watch_id="w", condition=HOSTILE, story_id="s-a1", at=NOON, languages=("en",), articles=2)
    for _ in range(2):
        spool.alert(replace(alert, entities=("Mara Holm",)))
    spool.finish()
    return spool


def written(spool: Spool, form: str, name: Name) -> bytes:
    out = io.BytesIO()
    FORMATS[form][0](name, spool.rows(name, Wanted()), out)
    return out.getvalue()


def test_every_article_is_under_the_story_where_the_clusterer_has_it(spool: Spool) -> None:
    """Over a stream with merges, splits and closings in its log."""
    clusterer, types = Clusterer(), Counter[str]()
    for position, row in enumerate(shuffled(synthetic(400, 11), 1)):
        decision = clusterer.decide(row.article)
        assert decision is not None
        clusterer.apply(row.article, decision, position)
        spool.article(row.article, arrived=position)
        spool.decision(decision)
        types.update(event.type for event in decision.events)
    assert types["merged"]
    for story in clusterer.stories():
        spool.story(story, changed=0)
    spool.finish()
    found = {row["id"]: row["story_id"] for row in spool.rows("articles", Wanted())}
    assert found == clusterer.assignments()
    told = {row["id"]: row["articles"] for row in spool.rows("stories", Wanted())}
    assert told == Counter(found.values())


def test_a_split_takes_its_articles_along(spool: Spool) -> None:
    for number in range(3):
        event = StoryEvent(id=f"e{number}", type="joined", story_id="old", article_id=f"a{number}")
        spool.article(replace(VOTE, id=f"a{number}"), arrived=0)
        spool.decision(Decision(article_id=f"a{number}", events=(event,)))
    moved = (StoryArticle(id="a1"), StoryArticle(id="a2"))
    split = StoryEvent(id="s", type="split", story_id="new", other_id="old", moved=moved)
    spool.decision(Decision(article_id="a2", events=(split,)))
    spool.finish()
    assert [row["story_id"] for row in spool.rows("articles", Wanted())] == ["old", "new", "new"]


def test_revisions_replace_and_retractions_remove(spool: Spool) -> None:
    spool.article(replace(FERRY, revision=2, text="newest", quotes=()), arrived=2)
    spool.article(replace(FERRY, revision=1, text="older"), arrived=3)
    spool.article(VOTE, arrived=0)
    spool.article(replace(VOTE, retracted=True, text="", revision=1), arrived=4)
    spool.finish()
    (row,) = spool.rows("articles", Wanted())
    assert (row["text"], row["revision"]) == ("newest", 2)
    assert not list(spool.rows("quotes", Wanted()))
    assert {row["entity_id"] for row in spool.rows("entities", Wanted())} == {"person:mara-holm", "place:no"}


def test_stories_that_went_into_others_or_back_are_left_out(spool: Spool) -> None:
    spool.story(Story(id="s", headline="One"), changed=0)
    spool.story(Story(id="s", headline="Two", status="closed"), changed=1)
    spool.story(Story(id="t"), changed=0)
    spool.story(Story(id="t", status="merged", redirect_to="s"), changed=0)
    spool.story(Story(id="u"), changed=0)
    spool.gone("u")
    spool.finish()
    assert [(row["id"], row["headline"]) for row in spool.rows("stories", Wanted())] == [("s", "Two")]


@pytest.mark.parametrize(
    ("wanted", "articles", "stories"),
    [
        (Wanted(), ["a1", "a2"], ["s-a1", "s-a2"]),
        (Wanted(language="de"), ["a2"], ["s-a2"]),
        (Wanted(outlet="coast daily"), ["a1"], ["s-a1"]),
        (Wanted(story="s-a2"), ["a2"], ["s-a2"]),
        (Wanted(until=NOON + timedelta(seconds=1), outlet="Coast Daily"), ["a1"], ["s-a1"]),
        (Wanted(since=NOON + timedelta(hours=1)), ["a2"], []),  # undated: it counts when it arrived
        (Wanted(until=NOON, outlet="Coast Daily"), [], []),
    ],
)
def test_what_is_asked_for(
    spool: Spool, tmp_path: Path, wanted: Wanted, articles: list[str], stories: list[str]
) -> None:
    filled(spool)
    assert [row["id"] for row in spool.rows("articles", wanted)] == articles
    assert [row["id"] for row in spool.rows("stories", wanted)] == stories
    assert spool.count("articles", wanted) == len(articles)
    spool.keep(wanted)
    with sqlite3.connect(tmp_path / "spool.db") as db:
        assert [id_ for (id_,) in db.execute("SELECT id FROM articles ORDER BY id")] == articles
        assert [id_ for (id_,) in db.execute("SELECT id FROM stories ORDER BY id")] == stories
        kept = {id_ for (id_,) in db.execute("SELECT article_id FROM entities")}
        linked = [id_ for (id_,) in db.execute("SELECT story_id FROM links ORDER BY story_id")]
    db.close()
    assert kept == {"a1"} & set(articles)
    assert linked == stories


@pytest.mark.parametrize("name", TABLES)
def test_each_format_gives_back_what_was_there(spool: Spool, name: Name) -> None:
    rows = list(filled(spool).rows(name, Wanted()))
    assert rows
    assert [codec.loads(line) for line in written(spool, "jsonl", name).splitlines()] == rows

    kinds = {column.name: column.kind for column in TABLES[name].columns}
    table = pq.read_table(io.BytesIO(written(spool, "parquet", name)))
    assert table.column_names == list(kinds)
    assert all(
        table.schema.field(field).type == pa.timestamp("us", tz="UTC") for field, k in kinds.items() if k == "time"
    )
    timed = [
        row | {field: datetime.fromisoformat(row[field]) for field, k in kinds.items() if k == "time" and row[field]}
        for row in rows
    ]
    assert table.to_pylist() == timed

    comma = written(spool, "csv", name)
    lists = [field for field, kind in kinds.items() if kind == "list"]
    read = pa_csv.read_csv(
        io.BytesIO(comma),
        parse_options=pa_csv.ParseOptions(newlines_in_values=True),
        convert_options=pa_csv.ConvertOptions(
            column_types={field.name: pa.string() if field.name in lists else field.type for field in table.schema},
            strings_can_be_null=True,
        ),
    ).to_pylist()
    found = [row | {field: codec.loads(row[field]) for field in lists} for row in read]
    # An empty cell is an absent value, or a text that is empty.
    assert found == [{field: None if value == "" else value for field, value in row.items()} for row in timed]
    for row, cells in zip(rows, csv.DictReader(io.StringIO(comma.decode(), newline="")), strict=True):
        assert list(cells) == list(kinds)
        for field, cell in cells.items():
            if kinds[field] == "list":
                assert codec.loads(cell) == row[field]
            else:
                value = row[field]
                assert cell == ("" if value is None else str(int(value) if isinstance(value, bool) else value))


def test_a_database_gives_back_what_was_there(spool: Spool, tmp_path: Path) -> None:
    filled(spool)
    rows = {name: list(spool.rows(name, Wanted())) for name in TABLES}
    spool.keep(Wanted())
    with closing(sqlite_utils.Database(tmp_path / "spool.db")) as db:
        kinds = {"text": str, "time": str, "list": str, "integer": int, "boolean": int, "real": float}
        for name, table in TABLES.items():
            kept = db.table(name)
            assert kept.columns_dict == {column.name: kinds[column.kind] for column in table.columns}
            assert tuple(kept.pks) == table.key
            found = list(kept.rows_where(order_by=", ".join(table.key)))
            for column in table.columns:
                if column.kind == "list":
                    found = [row | {column.name: codec.loads(row[column.name])} for row in found]
            assert found == rows[name]
            assert rows[name]


def test_a_feed_holds_what_xml_may(spool: Spool) -> None:
    feed = ET.fromstring(written(filled(spool), "atom", "articles"))
    atom = "{http://www.w3.org/2005/Atom}"
    entries = feed.findall(f"{atom}entry")
    assert [entry.findtext(f"{atom}id") for entry in entries] == [
        "urn:news-streams:article:a1",
        "urn:news-streams:article:a2",
    ]
    assert entries[0].findtext(f"{atom}summary") == HOSTILE.replace("\x00", "").replace("\x08", "").replace(
        "\r\n", "\n"
    )
    assert len(ET.fromstring(written(spool, "atom", "stories")).findall(f"{atom}entry")) == 2


def test_a_database_is_indexed_and_holds_nothing_else(spool: Spool, tmp_path: Path) -> None:
    filled(spool).keep(Wanted())
    db = sqlite3.connect(tmp_path / "spool.db")
    tables = {name for (name,) in db.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
    plan = " ".join(str(row) for row in db.execute("EXPLAIN QUERY PLAN SELECT * FROM entities WHERE entity_id = 'x'"))
    (names,) = db.execute(
        "SELECT json_group_array(value) FROM articles, json_each(authors) WHERE articles.id = 'a1'"
    ).fetchone()
    db.close()
    assert tables == set(TABLES)
    assert "USING INDEX" in plan
    assert codec.loads(names) == ["Ann Lee", "Bo; Ek"]


def test_a_file_is_whole_or_as_it_was(tmp_path: Path) -> None:
    path = tmp_path / "out.jsonl"
    path.write_bytes(b"before")

    def fails(file: io.BufferedIOBase) -> None:
        file.write(b"half")
        raise OSError("the disk is full")

    with pytest.raises(OSError, match="disk is full"):
        write_file(path, fails)  # type: ignore[arg-type]
    assert path.read_bytes() == b"before"
    assert list(tmp_path.iterdir()) == [path]


async def test_records_that_cannot_be_read_are_counted_and_cost_no_other(
    spool: Spool, monkeypatch: pytest.MonkeyPatch
) -> None:
    far = 1 << 62  # milliseconds: a producer may say that a record is of any time
    held: dict[str, list[tuple[bytes, bytes | None, int]]] = {
        "stories": [(b"s", codec.encode(Story(id="s")), far), (b"s", b"no record", 0), (b"t", None, 0)],
        "articles.tagged": [
            (b"en", codec.encode(FERRY), 0),
            (b"en", codec.encode(replace(VOTE, id="late")), far),
            (b"en", codec.encode(replace(VOTE, id="many", revision=1 << 63)), 0),
            (b"en", codec.encode(VOTE), 0),
        ],
    }

    class Topics:
        def __init__(self, _: object) -> None: ...

        async def spans(self, topic: str) -> dict[int, tuple[int, int]]:
            return {0: (0, len(held.get(topic.removeprefix("news."), [])))}

        async def records(self, topic: str, _: int) -> AsyncIterator[SimpleNamespace]:
            for key, value, timestamp in held.get(topic.removeprefix("news."), []):
                yield SimpleNamespace(key=key, value=value, timestamp=timestamp)

    monkeypatch.setattr(topics, "LogReader", Topics)
    told: list[tuple[str, int, int]] = []
    unreadable = await topics.fill(spool, Settings(), progress=lambda topic, *read: told.append((topic.name, *read)))
    assert unreadable == {"stories": 2, "articles.tagged": 2}
    assert [row["id"] for row in spool.rows("articles", Wanted())] == ["a1", "a2"]
    assert told[-1] == ("articles.tagged", 4, 4)


@pytest.mark.parametrize(
    ("arguments", "why"),
    [
        (["articles", "--format", "sqlite", "--out", "x.db"], "holds every table"),
        (["all", "--out", "x.csv"], "csv holds one table"),
        (["quotes", "--format", "ninjs"], "ninjs can hold articles and stories"),
        (["articles", "--format", "parquet"], "needs --out"),
        (["articles", "--since", "yesterday"], "expected an ISO 8601"),
        (["articles", "--out", "no/such/folder/x.csv"], "there is no folder"),
    ],
)
def test_what_cannot_be_is_said_before_anything_is_read(arguments: list[str], why: str) -> None:
    done = CliRunner().invoke(export, arguments)
    assert done.exit_code == 2
    assert why in done.output
