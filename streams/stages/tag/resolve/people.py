"""Who a part of a name stands for, inside one document: a surname, a first name, a title and a surname.

Full names are collected first. A surname stands for the only full name that ends in it; where two people share it, the
title before it decides if it goes with one of them alone ("Dr Smith"), else the alias tables if they know the bare
surname ("Trump"), else it stays by itself.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Sequence

from streams.stages.tag.document import Document
from streams.stages.tag.resolve import names
from streams.stages.tag.resolve.found import Name
from streams.stages.tag.resolve.genders import gender_of, gender_of_title
from streams.text import fold

#: Before a name, read backwards from it: up to three words that may be its titles.
_BEFORE = re.compile(r"(?:\s+[\w.'’-]+){0,3}")
#: Surnames shorter than this are not compared by edit distance: too many real ones differ by a letter.
_FUZZY_LENGTH = 6
#: Letters of a surname that a misspelling leaves alone, and full names alike in those that are compared with another.
_SAME_START, _MOST_ALIKE = 3, 50
#: People of one surname among whom a title can tell.
_MOST_SHARING = 50


class People:
    """The people of one document."""

    def __init__(self, document: Document, found: Sequence[Name]) -> None:
        self._text, self._language, self._table = document.text, document.language, document.table
        #: Folded full name → its owner's full name.
        self._full: dict[str, str] = {}
        #: The full names by what misspellings and middle names leave as it is.
        self._alike: dict[tuple[str, str], list[tuple[list[str], str]]] = defaultdict(list)
        self._owners: dict[str, dict[str, None]] = defaultdict(dict)
        self._titles: dict[str, set[str]] = defaultdict(set)
        #: By where a mention starts: no two overlap.
        self._bare: dict[int, str] = {}
        # Long names first: "Costa e Silva" is then seen to be the end of one.
        for name in sorted(found, key=lambda name: -self.bare(name).count(" ")):
            self._add_full(name)
        for name in found:
            self._add_titled(name)

    def resolve(self, name: Name) -> tuple[str | None, str]:
        """The full name that a mention stands for, or None; and how that is known."""
        bare = self.bare(name)
        folded = fold(bare)
        if folded in self._full:
            full = self._full[folded]
            return full, "full name" if full == bare else f"variant of {full}"
        owners = self._owners.get(self._key(folded), {})
        if len(owners) == 1:
            return (owner := next(iter(owners))), f"part of {owner}, named in the text"
        if owners:
            return self._among(name, bare, owners)
        known = self._table.find(bare)
        if known is not None and known.type == "PER":
            return known.name, "alias table"
        return None, "no full name in the text"

    def bare(self, name: Name) -> str:
        """A mention without titles, possessive and plural ("the Obamas" stays)."""
        bare = self._bare.get(name.start)
        if bare is None:
            surface = self._text[name.start : name.end]
            bare = surface[names.after_honorifics(surface, self._language) :]
            bare = self._bare[name.start] = names.without_possessive(bare, self._language).strip()
        return bare

    def _among(self, name: Name, bare: str, owners: dict[str, None]) -> tuple[str | None, str]:
        titles = self._titles_before(name)
        if titles and len(owners) <= _MOST_SHARING:
            gender = gender_of_title(self._text, name.start, self._language)
            alike = [owner for owner in owners if gender and gender_of(owner, self._language) == gender]
            others = [owner for owner in owners if gender_of(owner, self._language) is None]
            if len(alike) == 1 and not others:
                return alike[0], f"title fits {alike[0]} alone"
            titled = [owner for owner in owners if titles & self._titles[owner]]
            if len(titled) == 1:
                return titled[0], f"title of {titled[0]}"
        known = self._table.find(bare)
        if known is not None and known.type == "PER" and known.name in owners:
            return known.name, "alias table, though others share the surname"
        return None, "several people in the text share it"

    def _add_full(self, name: Name) -> None:
        bare = self.bare(name)
        folded = fold(bare)
        parts = self._parts(folded)
        known = self._table.find(bare)
        partial = known is None and (parts[0] in self._language.names.particles or self._key(folded) in self._owners)
        if len(parts) < 2 or folded in self._full or partial:
            if folded in self._full:
                self._titles[self._full[folded]] |= self._titles_before(name)
            return
        owner = known.name if known is not None and known.type == "PER" else self._same(parts) or bare
        self._full[folded] = owner
        alike = self._alike[parts[0][:1], parts[-1][:_SAME_START]]
        if len(alike) < _MOST_ALIKE:
            alike.append((parts, owner))
        self._titles[owner] |= self._titles_before(name)
        for part in {parts[-1], parts[0], f"{parts[0]} {parts[-1]}", " ".join(self._tail(parts)), " ".join(parts[1:])}:
            self._owners[self._key(part)][owner] = None

    def _same(self, parts: list[str]) -> str | None:
        """An earlier full name of the same first name and all but the same surname: a middle name or a misspelling."""
        for other, owner in self._alike[parts[0][:1], parts[-1][:_SAME_START]]:
            first = other[0] == parts[0] or (min(len(other[0]), len(parts[0])) == 1 and other[0][0] == parts[0][0])
            if first and (other[-1] == parts[-1] or _near(other[-1], parts[-1])):
                # "John A. Smith" and "John B. Smith" are two people.
                middle, others = set(parts[1:-1]), set(other[1:-1])
                if not (middle and others and middle.isdisjoint(others)):
                    return owner
        return None

    def _add_titled(self, name: Name) -> None:
        """``President Trump``: the tables know some people by title and surname."""
        bare = self.bare(name)
        if " " in bare:
            return
        for title in self._titles_before(name):
            known = self._table.find(f"{title} {bare}")
            if known is not None and known.type == "PER":
                self._owners[self._key(fold(bare))][known.name] = None
                self._titles[known.name].add(title)

    def _titles_before(self, name: Name) -> set[str]:
        """Titles before a mention, or at its start: lower-case, ``prime minister`` as one."""
        surface = self._text[name.start : name.end]
        inside = surface[: names.after_honorifics(surface, self._language)]
        backwards = _BEFORE.match(self._text[max(0, name.start - 60) : name.start][::-1])
        words = fold((backwards.group()[::-1] if backwards else "") + inside).replace(".", "").split()
        found: set[str] = set()
        for word in reversed(words):
            if word in self._language.names.honorifics:
                found.add(word)
            elif word in self._language.names.compounds and found:
                found = {f"{word} {title}" for title in found} | found
            else:
                break
        return found

    def _parts(self, folded: str) -> list[str]:
        """The words of a name, suffixes such as ``jr`` left out."""
        parts = [part.strip(".,") for part in folded.split()]
        kept = [part for part in parts if part not in self._language.names.suffixes]
        return kept or parts

    def _tail(self, parts: list[str]) -> list[str]:
        """The surname with its particles: ``von der leyen``."""
        at = len(parts) - 1
        while at > 1 and parts[at - 1] in self._language.names.particles:
            at -= 1
        return parts[at:]

    def _key(self, folded: str) -> str:
        return " ".join(self._parts(folded))


def _near(one: str, other: str) -> bool:
    """Whether two long surnames differ by one letter put in, left out or changed, beyond their first three."""
    if min(len(one), len(other)) < _FUZZY_LENGTH or abs(len(one) - len(other)) > 1:
        return False
    if one[:_SAME_START] != other[:_SAME_START]:
        return False
    at = next((i for i, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), min(len(one), len(other)))
    rest = (one[at:], other[at:])
    return rest[0][1:] == rest[1][1:] or rest[0][1:] == rest[1] or rest[0] == rest[1][1:]
