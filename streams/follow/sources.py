"""The list of what is followed: TOML of ours, or OPML as feed readers export it."""

from __future__ import annotations

import tomllib
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, get_args

from lxml import etree

from streams.contracts.limits import MOST
from streams.seed.xml import HostileXmlError, parse_xml
from streams.text import primary_language

#: What a source's address gives: ``auto`` is told by its content, and takes no page for a list of links.
Kind = Literal["auto", "feed", "sitemap", "page"]
#: Bytes of one file, and sources of all of them. A list of every feed that a directory of feeds knows has some 30,000.
_MOST_BYTES, MOST_SOURCES = 20_000_000, 100_000


class SourcesError(ValueError):
    """A list that cannot be read. The message names the file, the entry and what would do."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """One address to follow. ``name`` is the outlet, as records will say; ``language`` where the list tells it.

    Raises ValueError where the address is none of the web's.

    Example: ``Source(url="https://example.org/feed.xml", name="Example", language="en")``.
    """

    url: str
    name: str
    language: str | None = None
    kind: Kind = "auto"

    def __post_init__(self) -> None:
        if not web_address(self.url):
            raise ValueError(f"url = {self.url[:200]!r} is no address of the web (http://… or https://…)")
        if self.kind not in get_args(Kind):
            raise ValueError(f"kind = {self.kind!r} is none of {', '.join(get_args(Kind))}")


def web_address(url: str) -> bool:
    """Whether a text is an address that can be fetched at all: http or https, a host, no login in it, not too long.

    >>> [web_address(url) for url in ("https://example.org/a", "file:///etc/passwd", "http://user:pw@example.org/")]
    [True, False, False]
    """
    import httpx

    if len(url) > MOST["url"] or not url.isprintable():
        return False
    try:
        parsed = httpx.URL(url)
    except (httpx.InvalidURL, ValueError, UnicodeError):
        return False
    return parsed.scheme in ("http", "https") and bool(parsed.host) and not parsed.userinfo


def read_sources(paths: Iterable[Path]) -> list[Source]:
    """The sources of every file (``.toml``, or ``.opml`` and ``.xml``), in order, each address once; of a folder, all
    such files in it.

    Raises:
        SourcesError: a file cannot be read, or an entry has no address of the web.
    """
    found: dict[str, Source] = {}
    for path in (each for given in paths for each in _files(given)):
        for source in _read(path):
            found.setdefault(source.url, source)
            if len(found) > MOST_SOURCES:
                raise SourcesError(f"{path}: more than {MOST_SOURCES:,} sources")
    if not found:
        raise SourcesError("the lists name no source: add [[source]] with a url, or export OPML from a feed reader")
    return list(found.values())


def _files(path: Path) -> list[Path]:
    if path.is_dir():
        return sorted(each for each in path.iterdir() if each.suffix in (".toml", ".opml"))
    return [path]


def _read(path: Path) -> list[Source]:
    try:
        with path.open("rb") as file:
            data = file.read(_MOST_BYTES + 1)
    except OSError as error:
        raise SourcesError(f"{path}: {error.strerror or error}") from None
    if len(data) > _MOST_BYTES:
        raise SourcesError(f"{path}: larger than {_MOST_BYTES:,} bytes")
    if path.suffix in (".opml", ".xml"):
        rows = _opml(path, data)
    elif path.suffix == ".toml":
        rows = _toml(path, data)
    else:
        raise SourcesError(f"{path}: expected a list as .toml or .opml")
    return [_source(path, number, row) for number, row in enumerate(rows, start=1)]


def _toml(path: Path, data: bytes) -> list[dict[str, Any]]:
    try:
        rows = tomllib.loads(data.decode("utf-8")).get("source", [])
    except (ValueError, RecursionError) as error:
        raise SourcesError(f"{path}: not TOML: {error}") from None
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        raise SourcesError(f"{path}: sources are written as [[source]], each with a url")
    return rows


def _opml(path: Path, data: bytes) -> list[dict[str, Any]]:
    try:
        root = parse_xml(data)
    except HostileXmlError as error:
        raise SourcesError(f"{path}: not OPML: {error}") from None
    if etree.QName(root).localname.lower() != "opml":
        raise SourcesError(f"{path}: not OPML: it begins with <{etree.QName(root).localname}>")
    return [
        {
            "url": outline.get("xmlUrl"),
            "name": outline.get("title") or outline.get("text"),
            "language": outline.get("language"),
        }
        for outline in root.iter("{*}outline")
        if outline.get("xmlUrl")
    ]


def _source(path: Path, number: int, row: dict[str, Any]) -> Source:
    where = f"{path}: source {number}"
    values = {key: value for key, value in row.items() if value not in (None, "")}
    if unknown := values.keys() - Source.__dataclass_fields__.keys():
        raise SourcesError(f"{where} has {', '.join(sorted(unknown))}; there are url, name, language and kind")
    if wrong := [key for key, value in values.items() if not isinstance(value, str)]:
        raise SourcesError(f"{where}: {wrong[0]} is no text")
    url = values.get("url", "").strip()
    language = primary_language(values.get("language"))
    try:
        return Source(
            url=url,
            name=(values.get("name") or url)[: MOST["source"]],
            language=language,
            kind=values.get("kind", "auto"),
        )
    except ValueError as error:
        raise SourcesError(f"{where}: {error}") from None
