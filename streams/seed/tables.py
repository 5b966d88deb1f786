"""Tables: a CSV or Parquet file with an article a row."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterator, Mapping
from dataclasses import fields
from typing import IO, Any

from streams.contracts import codec
from streams.contracts.records import RawArticle
from streams.seed.found import Found, Problem, checked

FIELDS = tuple(field.name for field in fields(RawArticle) if field.name not in ("retracted", "cut"))
#: Columns that are taken for a field where none has its name and none is named for it; `streams export` writes some.
_ALIASES = {
    "content": ("text", "body"), "url": ("link",), "source": ("outlet", "publisher"), "title": ("headline",),
    "published": ("date",),
}  # fmt: skip
#: Rows that are read at once, and bytes that a group of a Parquet file may take unpacked.
_BATCH, _MOST_GROUP = 64, 1 << 30


class ColumnError(ValueError):
    """The table has not the columns that it should have. The message says which there are."""


def read_csv(
    file: IO[bytes], name: str, columns: Mapping[str, str], max_bytes: int, tick: Callable[[], None]
) -> Iterator[Found | Problem]:
    """The articles of a CSV file with a head line (RFC 4180, UTF-8)."""
    csv.field_size_limit(max_bytes)
    # Bytes of another charset become U+FFFD: a table that mixes them has no better reading.
    text = io.TextIOWrapper(file, encoding="utf-8-sig", errors="replace", newline="")
    rows = csv.reader(text)
    try:
        names = next(rows, [])
        chosen = {field: names.index(column) for field, column in _chosen(names, columns).items()}
        for cells in rows:
            if cells:
                values = {field: cells[place] for field, place in chosen.items() if place < len(cells)}
                yield _article(values, f"{name}:{rows.line_num}", max_bytes)
            tick()
    except csv.Error as error:
        yield Problem("rejected", f"{name}:{rows.line_num}", f"{error} (STREAMS_MAX_ARTICLE_BYTES, or no CSV)")
    finally:
        text.detach()  # whoever opened the file closes it


def read_parquet(
    file: IO[bytes], name: str, columns: Mapping[str, str], max_bytes: int, tick: Callable[[], None]
) -> Iterator[Found | Problem]:
    """The articles of a Parquet file. Wants pyarrow."""
    try:
        import pyarrow.parquet as pq
    except ImportError:
        yield Problem("rejected", name, "Parquet needs pyarrow: pip install 'news-streams[parquet]'")
        return
    table = pq.ParquetFile(file)
    chosen = _chosen(table.schema_arrow.names, columns)
    number = 0
    for group in range(table.num_row_groups):
        size = table.metadata.row_group(group).total_byte_size
        if size > _MOST_GROUP:
            yield Problem("rejected", name, f"row group {group} has {size} bytes; {_MOST_GROUP} can be read")
            continue
        for batch in table.iter_batches(_BATCH, row_groups=[group], columns=sorted(set(chosen.values()))):
            for row in batch.to_pylist():
                number += 1
                yield _article({f: row[column] for f, column in chosen.items()}, f"{name}:{number}", max_bytes)
            tick()


def _chosen(names: list[str], columns: Mapping[str, str]) -> dict[str, str]:
    """The column of each field that has one."""
    there = ", ".join(names[:40]) or "none"
    for field, column in columns.items():
        if column not in names:
            raise ColumnError(f"no column {column} for {field}; there are: {there}")
    chosen = dict(columns)
    for field in FIELDS:
        if field not in chosen:
            found = next((name for name in (field, *_ALIASES.get(field, ())) if name in names), None)
            if found is not None:
                chosen[field] = found
    if "content" not in chosen and "content_base64" not in chosen:
        raise ColumnError(f"no column is the content: name it (--column content=NAME); there are: {there}")
    return chosen


def _article(values: Mapping[str, Any], where: str, max_bytes: int) -> Found | Problem:
    told = {field: value for field, value in values.items() if value not in (None, "")}
    if "content" not in told and "content_base64" not in told:
        return Problem("rejected", where, "empty")
    try:
        return checked(codec.convert(RawArticle, {f: _plain(value) for f, value in told.items()}), where, max_bytes)
    except codec.DecodeError as error:
        return Problem("rejected", where, str(error))


def _plain(value: Any) -> Any:
    # Parquet knows times; a record's are text.
    return value.isoformat() if hasattr(value, "isoformat") else value
