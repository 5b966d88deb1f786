"""The alias tables that we own: who is meant by a name, in every article the same.

The ``*.tsv`` of a language's folder have one identity a line: ``id type name aliases detail link latitude longitude``,
aliases parted by ``|``.
An alias that starts with ``=``, and one of at most three capitals, counts only as written (``US``, ``U.S.``, ``WHO``:
not "us", "who"). Lines that start with ``#`` are comments.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache, lru_cache

from streams.contracts.records import EntityType
from streams.stages.tag.lang import Language
from streams.text import fold

#: Names in capitals up to this length, stops not counted, are words when written small.
_SHORT = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Identity:
    """A line of a table."""

    id: str
    type: EntityType
    name: str
    aliases: tuple[str, ...] = ()
    detail: str | None = None
    link: str | None = None
    latitude: float | None = None
    longitude: float | None = None


class AliasTable:
    """Identities by their names. The first line that claims a name has it, so the order of the tables is a ranking.

    ``article``: what names are compared without, with its space: ``the ``.
    """

    def __init__(self, identities: Iterator[Identity], article: str = "") -> None:
        self._article = article
        #: The identity that a surface names, or None. Names repeat within and between articles; some 5 MB.
        self.find = lru_cache(maxsize=1 << 15)(self._find)
        self.by_id: dict[str, Identity] = {}
        self._exact: dict[str, Identity] = {}
        self._folded: dict[str, Identity] = {}
        #: Lower-cased first words of all names: a cheap test before ``find``.
        self.first_words: set[str] = set()
        for identity in identities:
            self.by_id.setdefault(identity.id, identity)
            for alias in (identity.name, *identity.aliases):
                first = alias.removeprefix("=").lower().removeprefix(article).split()[0]
                self.first_words.update((first, first.rstrip(".,"), self._key(first)))
                if alias.startswith("=") or (alias.isupper() and len(self._key(alias)) <= _SHORT):
                    self._exact.setdefault(alias.removeprefix("="), identity)
                else:
                    self._folded.setdefault(self._key(alias), identity)

    def _find(self, surface: str) -> Identity | None:
        return self._exact.get(surface) or self._exact.get(surface.rstrip(".")) or self._folded.get(self._key(surface))

    def _key(self, surface: str) -> str:
        """The form under which names are compared: folded, without full stops and a leading article."""
        return fold(surface).replace(".", "").removeprefix(self._article)


@cache
def table(language: Language) -> AliasTable:
    """All tables of a language as one, read once a process."""
    return AliasTable(_read(language), language.names.article)


def _read(language: Language) -> Iterator[Identity]:
    if language.data is None:
        return
    # Hand-written tables come first: what we chose beats what was derived.
    for name in ("countries.tsv", "regions.tsv", "organisations.tsv", "people.tsv", "places.tsv"):
        file = language.data / name
        for line in file.read_text(encoding="utf-8").splitlines() if file.is_file() else ():
            if line and not line.startswith("#"):
                yield _parse(line)


def _parse(line: str) -> Identity:
    id_, type_, name, aliases, detail, link, latitude, longitude = (*line.split("\t"), *[""] * 8)[:8]
    assert type_ in ("PER", "ORG", "LOC", "MISC"), line
    return Identity(
        id=id_,
        type=type_,  # type: ignore[arg-type]  # checked above
        name=name,
        aliases=tuple(alias for alias in aliases.split("|") if alias),
        detail=detail or None,
        link=link or None,
        latitude=float(latitude) if latitude else None,
        longitude=float(longitude) if longitude else None,
    )
