"""Rows as files of each format, one row after the other. A file stands when it is whole, or not at all."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

from streams import atom
from streams.contracts import codec
from streams.export.tables import TABLES, Name

if TYPE_CHECKING:
    import pyarrow as pa

Row = dict[str, Any]
#: Rows of a group of a Parquet file, and the bytes of text after which a group is full: bounds what is held.
_GROUP_ROWS, _GROUP_BYTES = 10_000, 16 * 1024 * 1024
_NINJS = "http://www.iptc.org/std/ninjs/ninjs-schema_3.0.json#"
_SUBJECTS = ("people", "organisations", "places")


class NoPyarrowError(Exception):
    """Parquet was asked for, and pyarrow is not installed."""

    def __init__(self) -> None:
        super().__init__("Parquet needs pyarrow: pip install 'news-streams[parquet]', or choose --format jsonl.")


def jsonl(_: Name, rows: Iterable[Row], out: IO[bytes]) -> None:
    """A JSON object a line."""
    for row in rows:
        out.write(codec.encode(row) + b"\n")


def csv_(name: Name, rows: Iterable[Row], out: IO[bytes]) -> None:
    """RFC 4180 in UTF-8 with a head line; lists as JSON arrays, what is absent as nothing, truth as 0 and 1."""
    text = io.TextIOWrapper(out, encoding="utf-8", newline="", write_through=True)
    columns = TABLES[name].columns
    writer = csv.writer(text)
    try:
        writer.writerow(column.name for column in columns)
        for row in rows:
            writer.writerow(_cell(row[column.name]) for column in columns)
    finally:
        text.detach()  # whoever opened the file closes it


def parquet(name: Name, rows: Iterable[Row], out: IO[bytes]) -> None:
    """Apache Parquet, compressed by zstd; times in microseconds of UTC.

    Raises:
        NoPyarrowError: the extra is not installed.
    """
    try:
        import pyarrow as pa
        import pyarrow.parquet as pq
    except ImportError:
        raise NoPyarrowError from None
    schema = _arrow_schema(name)
    times = [column.name for column in TABLES[name].columns if column.kind == "time"]
    with pq.ParquetWriter(out, schema, compression="zstd") as writer:
        for group in _groups(rows):
            table = pa.Table.from_pylist(group, schema=_as_text(schema, times))
            writer.write_table(table.cast(schema))


def ninjs(name: Name, rows: Iterable[Row], out: IO[bytes]) -> None:
    """IPTC ninjs 3.0, an item a line: articles as ``text``, stories as ``composite``."""
    make = _ninjs_article if name == "articles" else _ninjs_story
    for row in rows:
        out.write(codec.encode(_filled(make(row))) + b"\n")


def atom_(name: Name, rows: Iterable[Row], out: IO[bytes]) -> None:
    """One Atom feed with an entry a row, articles or stories; as of now."""
    now = datetime.now(UTC).isoformat(timespec="seconds")
    out.write(atom.opening(f"urn:news-streams:export:{name}", f"News Streams: {name}", now).encode())
    entry = _article_entry if name == "articles" else _story_entry
    for row in rows:
        out.write(entry(row).encode() + b"\n")
    out.write(atom.CLOSING.encode())


#: By format: the writer, and the tables that it can write.
FORMATS: dict[str, tuple[Callable[[Name, Iterable[Row], IO[bytes]], None], tuple[Name, ...]]] = {
    "jsonl": (jsonl, tuple(TABLES)),
    "csv": (csv_, tuple(TABLES)),
    "parquet": (parquet, tuple(TABLES)),
    "ninjs": (ninjs, ("articles", "stories")),
    "atom": (atom_, ("articles", "stories")),
}
#: What a file's name says of its format.
SUFFIXES = {
    ".jsonl": "jsonl", ".ndjson": "jsonl", ".csv": "csv", ".parquet": "parquet", ".atom": "atom", ".xml": "atom",
    ".sqlite": "sqlite", ".db": "sqlite",
}  # fmt: skip


def write_file(path: Path, write: Callable[[IO[bytes]], None]) -> None:
    """What ``write`` writes, under ``path`` when it is whole; a file that stood there stays where it fails."""
    part = path.with_name(path.name + ".part")
    try:
        with part.open("wb") as file:
            write(file)
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)


def _cell(value: Any) -> Any:
    if isinstance(value, list):
        return codec.encode(value).decode()
    return int(value) if isinstance(value, bool) else value


def _arrow_schema(name: Name) -> pa.Schema:
    import pyarrow as pa

    kinds = {
        "text": pa.string(), "integer": pa.int64(), "real": pa.float64(), "boolean": pa.bool_(),
        "time": pa.timestamp("us", tz="UTC"), "list": pa.list_(pa.string()),
    }  # fmt: skip
    return pa.schema([pa.field(column.name, kinds[column.kind]) for column in TABLES[name].columns])


def _as_text(schema: pa.Schema, names: Iterable[str]) -> pa.Schema:
    import pyarrow as pa

    for name in names:
        schema = schema.set(schema.get_field_index(name), pa.field(name, pa.string()))
    return schema


def _groups(rows: Iterable[Row]) -> Iterator[list[Row]]:
    group: list[Row] = []
    size = 0
    for row in rows:
        group.append(row)
        size += len(row.get("text") or "")
        if len(group) >= _GROUP_ROWS or size >= _GROUP_BYTES:
            yield group
            group, size = [], 0
    if group:
        yield group


def _ninjs_article(row: Row) -> Row:
    return {
        "standard": {"name": "ninjs", "version": "3.0", "schema": _NINJS},
        "uri": atom.urn("article", row["id"]),
        "type": "text",
        "profile": "text-only",
        "version": str(row["revision"]),
        "firstCreated": row["published"],
        "versionCreated": row["modified"] or row["at"],
        "contentCreated": row["published"],
        "language": row["language"],
        "headlines": [{"role": "main", "value": row["title"]}] if row["title"] else None,
        "bodies": [{"role": "main", "contentType": "text/plain", "value": row["text"]}],
        "by": ", ".join(row["authors"]),
        "altIds": [{"role": "url", "value": row["url"]}] if row["url"] else None,
        "infoSources": [
            {"name": name, "role": role}
            for role, name in (("outlet", row["outlet"]), ("credit", row["credit"]))
            if name
        ],
        "associations": [{"name": "story", "uri": atom.urn("story", row["story_id"])}] if row["story_id"] else None,
    }


def _ninjs_story(row: Row) -> Row:
    return {
        "standard": {"name": "ninjs", "version": "3.0", "schema": _NINJS},
        "uri": atom.urn("story", row["id"]),
        "type": "composite",
        "firstCreated": row["first_seen"],
        "versionCreated": row["at"],
        "language": row["languages"][0] if row["languages"] else None,
        "headlines": [{"role": "main", "value": row["headline"]}] if row["headline"] else None,
        **{kind: [{"name": name} for name in row[kind]] for kind in _SUBJECTS},
    }


def _filled(item: Row) -> Row:
    return {name: value for name, value in item.items() if value not in (None, "", [], ())}


def _article_entry(row: Row) -> str:
    url = row["url"] or ""
    links = [atom.link(url)] if url.startswith(("http://", "https://")) else []
    author = atom.author(row["outlet"] or "unknown outlet")
    return atom.entry(
        atom.urn("article", row["id"]), row["title"] or row["id"], row["at"], *links, author, atom.summary(row["text"])
    )


def _story_entry(row: Row) -> str:
    lines = [*row["lead"], f"{row['articles']} articles, {row['outlets']} outlets"]
    summary = atom.summary("\n".join(lines))
    return atom.entry(atom.urn("story", row["id"]), row["headline"] or row["id"], row["at"], summary)
