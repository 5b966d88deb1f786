"""What the relabelling model sees of a document: a word at a time, with the whole document in view.

Features are short strings. They name the backend's label, the word, its neighbours and its shape, what the alias
tables say, and what the rest of the document says of the same word. The last is what a recogniser that reads sentence
by sentence cannot know.

They come in ``PARTS``: each is a function of a few things that are seen, and words that see the same get the same, so
that what follows from a part need be worked out once (``crf.py``).
"""

from __future__ import annotations

from bisect import bisect_right
from collections import Counter, defaultdict
from collections.abc import Callable, Hashable, Sequence, Set
from dataclasses import dataclass
from functools import lru_cache
from itertools import compress
from operator import ne
from typing import Any

from streams.stages.tag.document import Document
from streams.stages.tag.lang import Language
from streams.stages.tag.ner import RawSpan
from streams.stages.tag.ner.tokens import Tokens
from streams.stages.tag.resolve import names

#: How many words and marks that stand inside names may do so in a row.
_MOST_LINKS = 3
#: Longest name that is looked up in the alias tables, in words.
_LONGEST = 5
_SENTENCE_END = frozenset('.!?\n:•“"”')

_COARSE = {
    "PERSON": "P", "ORG": "O", "GPE": "L", "LOC": "L", "FAC": "L", "NORP": "M", "PRODUCT": "M", "EVENT": "M",
    "WORK_OF_ART": "M", "LAW": "M", "LANGUAGE": "M",
}  # fmt: skip


#: What is seen of a word: what each of ``PARTS`` makes features of.
Seen = tuple[Hashable, ...]


@dataclass(frozen=True, slots=True)
class Run:
    """Neighbouring words that could hold names: what is seen of each, to be labelled together. ``first`` indexes a
    token."""

    first: int
    seen: list[Seen]


def _word(word: str) -> list[str]:
    return ["b", "w=" + word, "p3=" + word[:3], "s3=" + word[-3:], "s2=" + word[-2:]]


def _labels(seen: tuple[str, str, str, str, str, str]) -> list[str]:
    label, before, after, form, vote, known = seen
    return [
        "s=" + form, "l=" + label, "l-=" + before, "l+=" + after, f"ll={before}|{label}", f"lr={label}|{after}",
        f"ls={label}|{form}", "v=" + vote, f"vl={vote}|{label}", "k=" + known, f"kl={known}|{label}",
        f"kv={known}|{vote}",
    ]  # fmt: skip


def _last_of_group(seen: tuple[str, str]) -> list[str]:
    return ["gl=" + seen[0], f"gl|l={seen[0]}|{seen[1]}"]


def _place(seen: tuple[int, int, bool, str | None, str, bool, bool, bool]) -> list[str]:
    """``titled``: after a title; ``opens``: the label of a word that opens a sentence or a line; ``plain``, ``last``,
    ``first``: elsewhere it is written small, ends or begins the name of a person."""
    length, place, titled, opens, form, plain, last, first = seen
    found = [f"gn={length}|{place}", "t=t" if titled else "t=-"]
    if opens is not None:
        found += ["o", f"o|{opens}|{'p' if plain else '-'}"]
    if plain:
        found.append(f"pl|{form}")
    if last:
        found.append(f"ln|{length}|{place}")
    if first:
        found.append(f"fn|{length}|{place}")
    return found


@dataclass(frozen=True, slots=True)
class Named:
    """A part that gives one feature: its name with what is seen; none where there is no such word."""

    name: str

    def __call__(self, word: str | None) -> list[str]:
        return [] if word is None else [self.name + word]


#: In the order in which ``_Words`` sees them.
PARTS: tuple[Callable[[Any], list[str]], ...] = (
    _word, _labels, _last_of_group, _place, Named("w-="), Named("w+="), Named("ss="), Named("gf="), Named("g-="),
    Named("g+="), Named("w-2="), Named("w+2="),
)  # fmt: skip


def features(seen: Seen) -> list[str]:
    """All features of a word."""
    return [name for part, what in zip(PARTS, seen, strict=True) for name in part(what)]


def shape(word: str) -> str:
    """``Xx`` capitalised, ``XX`` capitals, ``XxX`` mixed, ``x`` lower, ``9`` and ``9x`` digits, ``.`` a mark."""
    if not word[0].isalnum():
        return "."
    if not word.isalpha():
        return "9" if word.isdigit() else "9x" if any(char.isdigit() for char in word) else "X."
    if word.isupper():
        return "X" if len(word) == 1 else "XX"
    if word[0].isupper():
        return "Xx" if word[1:].islower() else "XxX"
    return "x" if word.islower() else "xX"


#: Of longer words, which are data, only the two ends are seen, so that what is kept of words is small; code points.
_LONGEST_WORD = 60
_shape = lru_cache(maxsize=1 << 14)(shape)


def runs(document: Document, tokens: Tokens, begins: Set[int], raw: Sequence[RawSpan]) -> list[Run]:
    """The stretches of ``tokens`` that could hold names, and what is seen of each word.

    Args:
        tokens, begins: words and marks, and which of them begin a line (``Tokens.without_lines``).
    """
    return _Words(document, tokens, begins, raw).runs()


class _Words:
    """One document's words and what is known of them, in a pass each."""

    def __init__(self, document: Document, tokens: Tokens, begins: Set[int], raw: Sequence[RawSpan]) -> None:
        self.text, self.language, self.table = document.text, document.language, document.table
        self.tokens, self.begins = tokens, begins
        self.words = tokens.words
        if max(map(len, self.words), default=0) > _LONGEST_WORD:
            end = _LONGEST_WORD // 2
            self.words = [word if len(word) <= 2 * end else word[:end] + word[-end:] for word in self.words]
        self.lower = list(map(str.lower, self.words))
        self.shapes = list(map(_shape, self.words))
        self.labels = self._labels(raw)
        self.active = self._active()
        self.known = self._known()
        self._count()

    def _labels(self, raw: Sequence[RawSpan]) -> list[str]:
        """The backend's label of every token: ``B-PERSON``, ``I-PERSON`` or ``O``."""
        starts, ends, count = self.tokens.starts, self.tokens.ends, len(self.words)
        labels = ["O"] * count
        position = 0
        for span in raw:
            position = bisect_right(ends, span.start, position)
            mark = "B-"
            while position < count and starts[position] < span.end:
                labels[position] = mark + span.label
                mark = "I-"
                position += 1
        return labels

    def _active(self) -> list[bool]:
        """Which tokens may be inside a name: those with a capital or a name's label, and the links between them."""
        active = list(map(ne, self.words, self.lower))
        for index in compress(range(len(active)), map("O".__ne__, self.labels)):
            active[index] = active[index] or self.labels[index][2:] in _COARSE
        links = self.language.names.links
        last = -10
        for index in list(compress(range(len(active)), active)):
            gap = range(last + 1, index)
            # A number right after a name may be its own.
            if gap and last >= 0 and self.lower[gap[0]].isdigit():
                active[gap[0]] = True
            if 0 < len(gap) <= _MOST_LINKS and all(self.lower[i] in links or self.words[i].isdigit() for i in gap):
                for i in gap:
                    active[i] = True
            last = index
        if 0 <= last < len(active) - 1 and self.lower[last + 1].isdigit():
            active[last + 1] = True
        return active

    def _known(self) -> list[str]:
        """``B-LOC``, ``I-LOC`` … where an alias table knows the words, else ``O``; longest match first."""
        starts, ends, count = self.tokens.starts, self.tokens.ends, len(self.words)
        first_words = self.table.first_words
        known = ["O"] * count
        done = 0
        for index in compress(range(count), self.active):
            if index < done or self.lower[index] not in first_words:
                continue
            for stop in range(min(index + _LONGEST, count), index, -1):
                identity = self.table.find(self.text[starts[index] : ends[stop - 1]])
                if identity is not None:
                    kind = f"{identity.type}{'' if identity.detail != 'country' else 'c'}"
                    known[index] = "B-" + kind
                    known[index + 1 : stop] = ["I-" + kind] * (stop - index - 1)
                    done = stop
                    break
        return known

    def _opens(self, index: int) -> bool:
        """Whether a token opens a sentence or a line."""
        return index == 0 or self.words[index - 1] in _SENTENCE_END or index in self.begins

    def _count(self) -> None:
        """What the document says of each word: its labels, its places in people's names, its lower-case uses."""
        votes: dict[str, Counter[str]] = defaultdict(Counter)
        self.last_names: set[str] = set()
        self.first_names: set[str] = set()
        self.plain = set(compress(self.lower, map("x".__eq__, self.shapes)))
        count = len(self.words)
        # Tokens with the label of a name are active.
        for index in compress(range(count), self.active):
            label, lower = self.labels[index], self.lower[index]
            if self.shapes[index] != "x":
                votes[lower][_COARSE.get(label[2:], "-")] += 1
            if label == "B-PERSON" and index + 1 < count and self.labels[index + 1] == "I-PERSON":
                self.first_names.add(lower)
            if label == "I-PERSON" and (index + 1 == count or self.labels[index + 1] != "I-PERSON"):
                self.last_names.add(lower)
        self.votes: dict[str, str] = {}
        for word, counter in votes.items():
            top, most = max(counter.items(), key=lambda item: (item[1], item[0]))
            total = counter.total()
            level = "1" if total == 1 else "=" if most == total else ">" if 2 * most > total else "<"
            self.votes[word] = top + level

    def runs(self) -> list[Run]:
        found: list[Run] = []
        stop, count = 0, len(self.words)
        for index in compress(range(count), self.active):
            if index < stop:
                continue
            stop = index + 1
            # A new line ends a run: names do not go on over it.
            while stop < count and self.active[stop] and stop not in self.begins:
                stop += 1
            groups = self._groups(index, stop) if stop > index + 1 else [(index, index)]
            found.append(Run(index, [self._seen(i, *groups[i - index]) for i in range(index, stop)]))
        return found

    def _groups(self, first: int, stop: int) -> list[tuple[int, int]]:
        """For each token of a run the first and last token of the capitalised group that it is in: links part groups.

        A link's own group reaches over its neighbours' to both sides.
        """
        shapes = self.shapes
        left, right = list(range(first, stop)), list(range(first, stop))
        for i in range(first + 1, stop):
            if shapes[i - 1] not in ("x", "."):
                left[i - first] = left[i - 1 - first]
        for i in range(stop - 2, first - 1, -1):
            if shapes[i + 1] not in ("x", "."):
                right[i - first] = right[i + 1 - first]
        return list(zip(left, right, strict=True))

    def _seen(self, i: int, left: int, right: int) -> Seen:
        """What is seen of a token in the capitalised group from ``left`` to ``right``."""
        lower, labels, shapes = self.lower, self.labels, self.shapes
        last = len(lower) - 1
        word, label, form = lower[i], labels[i], shapes[i]
        before = lower[i - 1] if i else "^"
        return (
            word,
            (
                label,
                labels[i - 1] if i else "O",
                labels[i + 1] if i < last else "O",
                form,
                self.votes.get(word, "x"),
                self.known[i],
            ),
            (lower[right], label[2:]),
            (
                right - left,
                i - left,
                i > 0 and _is_title(before, self.language),
                label if self._opens(i) else None,
                form,
                word in self.plain,
                word in self.last_names,
                word in self.first_names,
            ),
            before,
            lower[i + 1] if i < last else "$",
            f"{shapes[i - 1] if i else '^'}|{form}|{shapes[i + 1] if i < last else '$'}",
            lower[left],
            lower[left - 1] if left else "^",
            lower[right + 1] if right < last else "$",
            lower[i - 2] if i > 1 else None,
            lower[i + 2] if i < last - 1 else None,
        )


def _is_title(lower: str, language: Language) -> bool:
    # Of a word of letters nothing need come off.
    return lower in language.names.honorifics if lower.isalpha() else names.is_honorific(lower, language)
