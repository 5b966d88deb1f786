"""Rows as files of each format, one row after the other. A file stands when it is whole, or not at all."""

from __future__ import annotations

import csv
import io
import itertools
import re
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any
from urllib.parse import quote
from xml.sax.saxutils import escape, quoteattr

from streams.contracts import codec
from streams.export.tables import TABLES, Name

if TYPE_CHECKING:
    import pyarrow as pa

Row = dict[str, Any]
#: Rows of a group of a Parquet file, and the bytes of text after which a group is full: bounds what is held.
_GROUP_ROWS, _GROUP_BYTES = 10_000, 16 * 1024 * 1024
_NINJS = "http://www.iptc.org/std/ninjs/ninjs-schema_3.0.json#"
#: What XML 1.0 may not hold (section 2.2).
_NO_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
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
    writer.writerow(column.name for column in columns)
    for row in rows:
        writer.writerow(_cell(row[column.name]) for column in columns)
    text.detach()


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


def atom(name: Name, rows: Iterable[Row], out: IO[bytes]) -> None:
    """One Atom feed (RFC 4287) with an entry a row, articles or stories."""
    rows = iter(rows)
    first = next(rows, None)
    updated = first["at"] if first else "1970-01-01T00:00:00+00:00"
    head = (
        '<?xml version="1.0" encoding="utf-8"?>\n<feed xmlns="http://www.w3.org/2005/Atom">'
        f"<id>urn:news-streams:export:{name}</id><title>News Streams: {name}</title><updated>{updated}</updated>"
        "<author><name>News Streams</name></author>\n"
    )
    out.write(head.encode())
    for row in itertools.chain([first] if first else [], rows):
        out.write(_entry(name, row).encode("utf-8", "replace"))
    out.write(b"</feed>\n")


#: By format: the writer, and the tables that it can write.
FORMATS: dict[str, tuple[Callable[[Name, Iterable[Row], IO[bytes]], None], tuple[Name, ...]]] = {
    "jsonl": (jsonl, tuple(TABLES)),
    "csv": (csv_, tuple(TABLES)),
    "parquet": (parquet, tuple(TABLES)),
    "ninjs": (ninjs, ("articles", "stories")),
    "atom": (atom, ("articles", "stories")),
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
        "uri": _urn("article", row["id"]),
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
            {"name": name, "literal": role}
            for role, name in (("outlet", row["outlet"]), ("credit", row["credit"]))
            if name
        ],
        "associations": [{"name": "story", "uri": _urn("story", row["story_id"])}] if row["story_id"] else None,
    }


def _ninjs_story(row: Row) -> Row:
    return {
        "standard": {"name": "ninjs", "version": "3.0", "schema": _NINJS},
        "uri": _urn("story", row["id"]),
        "type": "composite",
        "firstCreated": row["first_seen"],
        "versionCreated": row["at"],
        "language": row["languages"][0] if row["languages"] else None,
        "headlines": [{"role": "main", "value": row["headline"]}] if row["headline"] else None,
        **{kind: [{"name": name} for name in row[kind]] for kind in _SUBJECTS},
    }


def _filled(item: Row) -> Row:
    return {name: value for name, value in item.items() if value not in (None, "", [], ())}


def _urn(kind: str, id_: str) -> str:
    return f"urn:news-streams:{kind}:{quote(id_, safe='')}"


def _entry(name: Name, row: Row) -> str:
    kind, title = ("article", row["title"]) if name == "articles" else ("story", row["headline"])
    address = row.get("url") or ""
    link = f"<link href={quoteattr(_xml(address))}/>" if address.startswith(("http://", "https://")) else ""
    summary = row["text"] if name == "articles" else f"{row['articles']} articles, {row['outlets']} outlets"
    author = (
        f"<author><name>{escape(_xml(row['outlet'] or 'unknown outlet'))}</name></author>" if name == "articles" else ""
    )
    return (
        f"<entry><id>{_urn(kind, row['id'])}</id><title>{escape(_xml(title or row['id']))}</title>"
        f'<updated>{row["at"]}</updated>{link}{author}<summary type="text">{escape(_xml(summary))}</summary></entry>\n'
    )


def _xml(text: str) -> str:
    return _NO_XML.sub("", text)
