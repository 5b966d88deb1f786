"""ninjs items of articles and stories as odd as they come.

``WRITTEN`` says of the properties that we write what IPTC's schema says of them; that itself is not kept here:
``NINJS_SCHEMA=FILE`` (https://www.iptc.org/std/ninjs/ninjs-schema_3.0.json) holds every item against it, too.
"""

from __future__ import annotations

import io
import os
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest

from streams.contracts import codec
from streams.contracts.records import Decision, Story, StoryArticle, StoryEntity, StoryEvent, TaggedArticle
from streams.export.spool import Spool
from streams.export.tables import Name, Wanted
from streams.export.writers import ninjs
from streams.text import id_of

Items = dict[Name, list[dict[str, Any]]]
KABUL = timezone(timedelta(hours=4, minutes=30))
ODD = '../a b?c=1#d%/\U0001f30a\u202e\x00\n"<>|^`{}é'
FULL = TaggedArticle(
    id="full", text="Die Fähre", title="Fähre", url="https://news.example/a", source="Küste", credit="dpa",
    authors=("Ann Lee", "Bo; Ek"), published=datetime(2025, 9, 19, 12, 0, 0, 1, KABUL),
    modified=datetime(2025, 9, 20, tzinfo=UTC), language="de-AT", revision=3,
)  # fmt: skip
ARTICLES = (
    FULL,
    TaggedArticle(id="bare", text=""),  # no date, author, url, title, outlet, language
    replace(FULL, id=ODD, url=ODD, text=ODD, title=ODD, source=ODD, authors=(ODD, "")),
    replace(FULL, id="url:none", url="", authors=(), published=None),
    replace(FULL, id="idn", url="https://новости.example/страница?q=ü", published=None, modified=None),
    replace(FULL, id="漢字", title="沈没" * 50_000, text="مرحبا", authors=("山田 太郎",), language="und"),
    replace(FULL, id="old", published=datetime.min.replace(tzinfo=UTC), modified=datetime.max.replace(tzinfo=UTC)),
    replace(FULL, id="1" * 4_000, language=""),
)
NAMES = tuple(
    StoryEntity(id=f"{kind}:{name}", name=name, type=kind)
    for kind in ("PER", "ORG", "LOC", "MISC")
    for name in ("Мара", ODD)
)  # fmt: skip
STORIES = (
    Story(
        id="full", headline="Fähre", first_seen=FULL.published, last_seen=FULL.modified, languages=("de", "en"),
        entities=NAMES,
    ),
    Story(id="bare"),
    Story(id=ODD, headline=ODD, languages=("",), entities=NAMES),
    Story(id="漢字", headline="沈没" * 50_000, first_seen=datetime.min.replace(tzinfo=UTC)),
)  # fmt: skip
_TEXT, _TIME, _URI = {"type": "string"}, {"type": "string", "format": "date-time"}, {"type": "string", "format": "uri"}


def _listed(*required: str, **properties: Any) -> dict[str, Any]:
    item = {"type": "object", "additionalProperties": False, "required": list(required), "properties": properties}
    return {"type": "array", "items": item}


WRITTEN: dict[str, Any] = {
    "type": "object",
    "additionalProperties": False,
    "required": ["uri"],
    "properties": {
        "standard": {"type": "object", "properties": {"name": _TEXT, "version": _TEXT, "schema": _URI}},
        "uri": _URI,
        "type": {"enum": ["text", "audio", "video", "picture", "graphic", "composite", "component"]},
        "profile": _TEXT, "version": _TEXT, "language": _TEXT, "by": _TEXT,
        "firstCreated": _TIME, "versionCreated": _TIME, "contentCreated": _TIME,
        "headlines": _listed("value", role=_TEXT, value=_TEXT),
        "bodies": _listed("value", role=_TEXT, contentType=_TEXT, value=_TEXT),
        "altIds": _listed("value", role=_TEXT, value=_TEXT),
        "infoSources": _listed("name", name=_TEXT, role=_TEXT),
        "associations": _listed("name", "uri", name=_TEXT, uri=_URI),
        **{kind: _listed("name", name=_TEXT) for kind in ("people", "organisations", "places")},
    },
}  # fmt: skip
#: Fields of an item, each of which makes it one that the schema refuses.
BROKEN: tuple[dict[str, Any], ...] = (
    {"uri": "no uri"}, {"type": "article"}, {"firstCreated": "2025-09-19T12:00:00"}, {"version": 3}, {"author": "Lee"},
    {"headlines": [{"role": "main"}]}, {"bodies": [{"value": None}]}, {"infoSources": [{"kind": "outlet"}]},
    {"associations": [{"name": "story"}]}, {"people": [{"id": "x"}]},
)  # fmt: skip


@pytest.fixture
def items(tmp_path: Path) -> Items:
    """What is exported of ``ARTICLES``, all but ``bare`` in a story, and of ``STORIES``."""
    with Spool(tmp_path / "spool.db") as spool:
        for article in ARTICLES:
            spool.article(article, arrived=0.5)
            if article.id != "bare":
                shown = StoryArticle(id=article.id)
                event = StoryEvent(id="e", type="created", story_id=ODD, article_id=article.id, article=shown)
                spool.decision(Decision(article_id=article.id, events=(event,)))
        for story in STORIES:
            spool.story(story, changed=0.5)
        spool.finish()
        return {name: written(spool, name) for name in ("articles", "stories")}


def written(spool: Spool, name: Name) -> list[dict[str, Any]]:
    out = io.BytesIO()
    ninjs(name, spool.rows(name, Wanted()), out)
    return [codec.loads(line) for line in out.getvalue().splitlines()]


def test_each_item_says_which_it_is_and_when(items: Items) -> None:
    ids = {"article": {article.id for article in ARTICLES}, "story": {story.id for story in STORIES}}
    for kind, exported in (("article", items["articles"]), ("story", items["stories"])):
        assert {id_of(item["uri"].removeprefix(f"urn:news-streams:{kind}:")) for item in exported} == ids[kind]
        for item in exported:
            assert item["standard"]["version"] == "3.0"
            assert item["type"] == {"article": "text", "story": "composite"}[kind]
            assert item["uri"].isascii()
            times = [item[field] for field in ("firstCreated", "versionCreated", "contentCreated") if field in item]
            assert item["versionCreated"] in times
            assert all(datetime.fromisoformat(time).tzinfo == UTC for time in times)
    articles = {item["uri"].removeprefix("urn:news-streams:article:"): item for item in items["articles"]}
    full = articles["full"]
    assert datetime.fromisoformat(full["firstCreated"]) == FULL.published
    assert full["headlines"] == [{"role": "main", "value": "Fähre"}]
    assert full["by"] == "Ann Lee, Bo; Ek"
    assert full["infoSources"] == [{"name": "Küste", "role": "outlet"}, {"name": "dpa", "role": "credit"}]
    (story,) = full["associations"]
    assert story["uri"] in {item["uri"] for item in items["stories"]}
    # Nothing is said where nothing is known.
    said = {"standard", "uri", "type", "profile", "version", "versionCreated", "language", "bodies"}
    assert set(articles["bare"]) == said


def _schemas() -> dict[str, dict[str, Any]]:
    path = os.environ.get("NINJS_SCHEMA")
    return {"written": WRITTEN} | ({"official": codec.loads(Path(path).read_bytes())} if path else {})


@pytest.mark.parametrize("schema", _schemas().values(), ids=_schemas())
def test_the_schema_takes_every_item_and_none_that_is_broken(schema: dict[str, Any], items: Items) -> None:
    def elsewhere(_: str) -> dict[str, Any]:
        return {"not": {}}  # GeoJSON, which we do not write: nothing is fetched

    validator = jsonschema_rs.Draft202012Validator(schema, validate_formats=True, retriever=elsewhere)
    every = (*items["articles"], *items["stories"])
    faults = [(item["uri"][:80], error.message[:200]) for item in every for error in validator.iter_errors(item)]
    assert not faults
    for broken in BROKEN:
        assert not validator.is_valid(items["articles"][0] | broken), broken
