"""The tables of an export and their columns, which are stable: new ones come last, none goes, none changes its type."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

#: ``list``: strings. JSONL and Parquet have them as lists, CSV and SQLite as a JSON array. ``time``: RFC 3339, in UTC.
Kind = Literal["text", "integer", "real", "boolean", "time", "list"]
Name = Literal["articles", "stories", "links", "quotes", "entities", "alerts"]


@dataclass(frozen=True, slots=True)
class Column:
    """One column: its name, what is in it, and what it says."""

    name: str
    kind: Kind
    says: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ExportTable:
    """``key``: the columns that name a row. ``at``: the column that ``--since`` and ``--until`` look at."""

    columns: tuple[Column, ...]
    key: tuple[str, ...]
    why: str

    def column(self, name: str) -> Column:
        """The column of that name; ``StopIteration`` is a fault of ours."""
        return next(column for column in self.columns if column.name == name)


TABLES: dict[Name, ExportTable] = {
    "articles": ExportTable(
        key=("id",),
        why="Each article as it was tagged last; retracted ones are left out.",
        columns=(
            Column("id", "text", "the article's id"),
            Column("story_id", "text", "the story that it is in now; empty where it is not clustered yet"),
            Column("at", "time", "when it was published, else when it arrived"),
            Column("url", "text", "its address"),
            Column("title", "text", "its title"),
            Column("outlet", "text", "who published it: the source given with it, else the one that its text credits"),
            Column("credit", "text", "the agency or outlet that its text credits"),
            Column("authors", "list", "who wrote it"),
            Column("published", "time", "when it was published, where that is known"),
            Column("modified", "time", "when it was changed last, where that is known"),
            Column("language", "text", "its language (ISO 639-1)"),
            Column("section", "text", "where the outlet files it"),
            Column("image", "text", "the address of its picture"),
            Column("paywalled", "boolean", "whether readers have to pay; empty where the page says nothing of it"),
            Column("live_blog", "boolean", "whether it is a running report"),
            Column("confidence", "real", "how good the text is: its expected F1 (0 to 1)"),
            Column("revision", "integer", "how often it changed"),
            Column("text", "text", "the article itself, paragraphs parted by a blank line"),
        ),
    ),
    "stories": ExportTable(
        key=("id",),
        why="Each story as it stands; those merged into another or taken back are left out.",
        columns=(
            Column("id", "text", "the story's id"),
            Column("status", "text", "`open` or `closed`"),
            Column("at", "time", "when its newest article was published, else when it changed last"),
            Column("headline", "text", "its headline"),
            Column("first_seen", "time", "when its first article was published"),
            Column("last_seen", "time", "when its newest article was published"),
            Column("articles", "integer", "its articles"),
            Column("outlets", "integer", "the outlets that carry it"),
            Column("origins", "integer", "the independent reports among its articles"),
            Column("languages", "list", "the languages of its articles"),
            Column("sources", "list", "the first outlets, at most 48"),
            Column("people", "list", "the people named in it, the most important first"),
            Column("places", "list", "the places"),
            Column("organisations", "list", "the organisations"),
            Column("lead", "list", "sentences of its articles that say what happened"),
            Column("storyline", "text", "the earliest story of the chain that it is in; empty where nothing is linked"),
        ),
    ),
    "links": ExportTable(
        key=("story_id", "other_id"),
        why="Each story's links to those before and after it, as the story has them.",
        columns=(
            Column("story_id", "text", "the story's id"),
            Column("other_id", "text", "the other story's id"),
            Column("at", "time", "when what made the link was published"),
            Column("kind", "text", "`follows`, `followed`, or `related`"),
            Column("score", "real", "the probability that one follows from the other (0 to 1)"),
        ),
    ),
    "quotes": ExportTable(
        key=("article_id", "number"),
        why="Each quotation of each article.",
        columns=(
            Column("article_id", "text", "the article's id"),
            Column("number", "integer", "which of the article's quotations, from 0"),
            Column("story_id", "text", "the article's story"),
            Column("at", "time", "the article's time"),
            Column("outlet", "text", "who published the article"),
            Column("language", "text", "the article's language"),
            Column("speaker", "text", "the entity id of who says it; empty where it cannot be told"),
            Column("speaker_name", "text", "the speaker's name"),
            Column("text", "text", "what is said"),
            Column("start", "integer", "where it begins in the article's text, characters"),
            Column("end", "integer", "where it ends"),
        ),
    ),
    "entities": ExportTable(
        key=("article_id", "entity_id"),
        why="Each person, organisation, place or other name of each article.",
        columns=(
            Column("article_id", "text", "the article's id"),
            Column("entity_id", "text", "the same in every article"),
            Column("story_id", "text", "the article's story"),
            Column("at", "time", "the article's time"),
            Column("outlet", "text", "who published the article"),
            Column("language", "text", "the article's language"),
            Column("name", "text", "its name"),
            Column("type", "text", "`PER`, `ORG`, `LOC` or `MISC`"),
            Column("mentions", "integer", "how often the article names it"),
            Column("salience", "real", "how much the article is about it (0 to 1)"),
            Column("link", "text", "where it can be checked (`iso:…`, `geonames:…`, `wikidata:…`)"),
            Column("latitude", "real", "degrees, of places"),
            Column("longitude", "real", "degrees, of places"),
        ),
    ),
    "alerts": ExportTable(
        key=("id",),
        why="Each alert of a watch, with the story as it stood then.",
        columns=(
            Column("id", "text", "the alert's id"),
            Column("watch", "text", "the watch's name"),
            Column("story_id", "text", "the story's id"),
            Column("at", "time", "when the article that made it true counts"),
            Column("condition", "text", "the query in its canonical spelling"),
            Column("headline", "text", "the story's headline"),
            Column("article_id", "text", "the article that made it true, where it was one"),
            Column("title", "text", "its title"),
            Column("outlet", "text", "who published it"),
            Column("url", "text", "its address"),
            Column("language", "text", "the story's language"),
            Column("articles", "integer", "the story's articles"),
            Column("outlets", "integer", "the outlets that carried it"),
            Column("origins", "integer", "the independent reports among them"),
            Column("entities", "list", "the first names in it"),
        ),
    ),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """Which rows: all that every given condition holds of. ``since`` is in, ``until`` is out.

    Stories are asked for their id, time and languages, and for an outlet among all of their articles'; links for
    their story.
    """

    since: datetime | None = None
    until: datetime | None = None
    language: str | None = None
    outlet: str | None = None
    story: str | None = None
