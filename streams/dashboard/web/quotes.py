"""Quotations that several outlets carry, laid side by side with their differences. Pure."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import Literal

from streams.text import fold

#: Words in a row that two quotations must share to be one. Four, as for near-copies of text (4-word shingles); a
#: shorter quotation must be whole within the other, and of three words at least: "very good" proves nothing.
RUN, SHORTEST = 4, 3
#: Shared runs as a part of the shorter quotation's, from which on two are one.
OVERLAP = 0.4
#: Quotations of a story and words of each that are looked at, versions that are laid side by side, and quotations that
#: a run of words leads to. A hundred articles with twenty quotations each are far within.
MOST_SAID, MOST_WORDS, MOST_VERSIONS, MOST_HOLDERS = 3000, 200, 24, 64
_WORD = re.compile(r"\S+")


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """A quotation as one article carries it."""

    article_id: str
    outlet: str
    text: str
    speaker: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Piece:
    """A stretch of a version: ``same`` is in another version too, ``own`` in this alone, ``gap`` left out here."""

    kind: Literal["same", "own", "gap"]
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Version:
    said: Said
    pieces: tuple[Piece, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class SharedQuote:
    """One quotation in the versions of several outlets, the longest first."""

    speaker: str | None
    versions: tuple[Version, ...]

    @property
    def outlets(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(version.said.outlet for version in self.versions))


def shared_quotes(said: Sequence[Said], *, most: int = 12) -> list[SharedQuote]:
    """The quotations that more than one outlet carries, those of the most outlets first; of each outlet the longest.

    Looks at the first ``MOST_SAID``, at ``MOST_WORDS`` of each: what one hostile article says thousands of times must
    not keep everybody's pages waiting.
    """
    said, words, groups = _parted(said)
    chosen: list[list[Said]] = []
    speakers: dict[int, str | None] = {}
    for numbers in groups:
        longest: dict[str, int] = {}
        for number in sorted(numbers, key=lambda number: (-len(words[number]), number)):
            longest.setdefault(said[number].outlet, number)
        if len(longest) > 1:
            chosen.append([said[number] for number in list(longest.values())[:MOST_VERSIONS]])
            speakers[id(chosen[-1])] = next((said[number].speaker for number in numbers if said[number].speaker), None)
    chosen.sort(key=lambda versions: (-len(versions), -len(versions[0].text)))
    return [SharedQuote(speaker=speakers[id(one)], versions=tuple(_versions(one))) for one in chosen[:most]]


def unshared(said: Iterable[Said]) -> dict[str, list[Said]]:
    """Outlet → the quotations that it alone carries, each once, in its longest version. Bounds as ``shared_quotes``."""
    some, words, groups = _parted(said)
    alone: dict[str, list[Said]] = defaultdict(list)
    for numbers in groups:
        if len({some[number].outlet for number in numbers}) == 1:
            longest = some[max(numbers, key=lambda number: len(words[number]))]
            alone[longest.outlet].append(longest)
    return dict(alone)


def _parted(said: Iterable[Said]) -> tuple[list[Said], list[list[str]], list[list[int]]]:
    """The quotations that are looked at, the words of each, and the numbers of those that are one."""
    some = list({(one.article_id, one.text): one for one in said}.values())[:MOST_SAID]
    words = [_words(one.text) for one in some]
    groups: dict[int, list[int]] = defaultdict(list)
    for number, group in enumerate(_grouped(some, words)):
        groups[group].append(number)
    return some, words, list(groups.values())


def _words(text: str) -> list[str]:
    return [folded for word in _WORD.findall(text)[:MOST_WORDS] if (folded := _bare(word))]


def _bare(word: str) -> str:
    return re.sub(r"\W", "", fold(word))


def _grouped(said: Sequence[Said], words: Sequence[list[str]]) -> list[int]:
    """The group of each quotation, by its first member's number."""
    parent = list(range(len(said)))

    def root(number: int) -> int:
        while parent[number] != number:
            parent[number] = parent[parent[number]]
            number = parent[number]
        return number

    runs = [_runs(each, RUN) if len(each) >= RUN else _runs(each, len(each)) for each in words]
    holders: dict[tuple[str, ...], list[int]] = defaultdict(list)
    short = {next(iter(each)) for each, own in zip(runs, words, strict=True) if SHORTEST <= len(own) < RUN}
    for each, own in zip(runs, words, strict=True):
        # A short quotation whole within a longer one is the same: what was said, cut shorter.
        each |= _runs(own, SHORTEST) & short if len(own) >= RUN else set()
    for number, each in enumerate(runs):
        shared: dict[int, int] = defaultdict(int)
        for run in sorted(each):
            for other in holders[run]:
                shared[other] += 1
            if len(holders[run]) < MOST_HOLDERS:
                holders[run].append(number)
        for other, count in shared.items():
            if count >= OVERLAP * min(_size(words[number]), _size(words[other])):
                one, two = sorted((root(number), root(other)))
                parent[two] = one
    return [root(number) for number in range(len(said))]


def _runs(words: Sequence[str], length: int) -> set[tuple[str, ...]]:
    """Every run of ``length`` words; none where that is too short to prove anything."""
    if length < SHORTEST:
        return set()
    return {tuple(words[at : at + length]) for at in range(len(words) - length + 1)}


def _size(words: Sequence[str]) -> int:
    """How many runs a quotation has."""
    return max(1, len(words) - RUN + 1)


def _versions(said: Sequence[Said]) -> Iterable[Version]:
    """Each version against the first, the longest; the first against all others together."""
    base = _WORD.findall(said[0].text)[:MOST_WORDS]
    base_bare = [_bare(word) for word in base]
    held = [False] * len(base)
    others: list[Version] = []
    for one in said[1:]:
        own = _WORD.findall(one.text)[:MOST_WORDS]
        matcher = SequenceMatcher(None, base_bare, [_bare(word) for word in own], autojunk=False)
        pieces: list[Piece] = []
        for kind, start, end, own_start, own_end in matcher.get_opcodes():
            if kind == "equal":
                held[start:end] = [True] * (end - start)
                pieces.append(Piece(kind="same", text=" ".join(own[own_start:own_end])))
                continue
            if own_end > own_start:
                pieces.append(Piece(kind="own", text=" ".join(own[own_start:own_end])))
            elif end > start:
                pieces.append(Piece(kind="gap", text=" ".join(base[start:end])))
        others.append(Version(said=one, pieces=tuple(pieces)))
    yield Version(said=said[0], pieces=tuple(_stretches(base, held)))
    yield from others


def _stretches(words: Sequence[str], held: Sequence[bool]) -> Iterable[Piece]:
    start = 0
    for end in range(1, len(words) + 1):
        if end == len(words) or held[end] != held[start]:
            yield Piece(kind="same" if held[start] else "own", text=" ".join(words[start:end]))
            start = end
