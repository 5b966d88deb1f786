"""What the relabelling model sees of a document: a word at a time, with the whole document in view.

Features are short strings. They name the backend's label, the word, its neighbours and its shape, what the alias
tables say, and what the rest of the document says of the same word. The last is what a recogniser that reads sentence
by sentence cannot know.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache, partial
from itertools import compress
from typing import NamedTuple

from streams.stages.tag.document import Document
from streams.stages.tag.ner import RawSpan
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


class Token(NamedTuple):
    start: int
    end: int
    text: str


#: ``Token`` of a tuple, without the detour over its constructor in Python: there is one a word.
_token = partial(tuple.__new__, Token)


@dataclass(frozen=True, slots=True)
class Run:
    """Neighbouring words that could hold names: their features, to be labelled together. ``first`` indexes a token."""

    first: int
    features: list[list[str]]


def tokenise(document: Document) -> list[Token]:
    """Words and marks with their offsets."""
    found = document.language.names.token.finditer(document.text)
    return [_token((*match.span(), match.group())) for match in found]


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


#: What is said of a shape is kept for words of this many code points; longer ones are rare, and may be huge.
_SHORT = 40
_shape = lru_cache(maxsize=1 << 14)(shape)


def runs(document: Document, tokens: Sequence[Token], raw: Sequence[RawSpan]) -> list[Run]:
    """The stretches of ``tokens`` that could hold names, with a list of features a token."""
    return _Words(document, tokens, raw).runs()


class _Words:
    """One document's words and what is known of them, in a pass each."""

    def __init__(self, document: Document, tokens: Sequence[Token], raw: Sequence[RawSpan]) -> None:
        self.text, self.language, self.table = document.text, document.language, document.table
        self.tokens = tokens
        self.words = [token.text for token in tokens]
        self.lower = [word.lower() for word in self.words]
        self.shapes = [_shape(word) if len(word) <= _SHORT else shape(word) for word in self.words]
        self.labels = self._labels(raw)
        self.active = self._active()
        self.known = self._known()
        self._count()

    def _labels(self, raw: Sequence[RawSpan]) -> list[str]:
        """The backend's label of every token: ``B-PERSON``, ``I-PERSON`` or ``O``."""
        labels = ["O"] * len(self.tokens)
        position = 0
        for span in raw:
            while position < len(self.tokens) and self.tokens[position].end <= span.start:
                position += 1
            mark = "B-"
            while position < len(self.tokens) and self.tokens[position].start < span.end:
                labels[position] = mark + span.label
                mark = "I-"
                position += 1
        return labels

    def _active(self) -> list[bool]:
        """Which tokens may be inside a name: those with a capital or a name's label, and the links between them."""
        active = [
            word != lower or (label != "O" and label[2:] in _COARSE)
            for word, lower, label in zip(self.words, self.lower, self.labels, strict=True)
        ]
        links = self.language.names.links
        last = -10
        for index, lower in enumerate(self.lower):
            if active[index]:
                gap = range(last + 1, index)
                if 0 < len(gap) <= _MOST_LINKS and all(self.lower[i] in links or self.words[i].isdigit() for i in gap):
                    for i in gap:
                        active[i] = True
                last = index
            elif lower.isdigit() and last == index - 1:
                active[index] = True
        return active

    def _known(self) -> list[str]:
        """``B-LOC``, ``I-LOC`` … where an alias table knows the words, else ``O``; longest match first."""
        known = ["O"] * len(self.tokens)
        index = 0
        while index < len(self.tokens):
            step = 1
            if self.active[index] and self.lower[index] in self.table.first_words:
                for stop in range(min(index + _LONGEST, len(self.tokens)), index, -1):
                    surface = self.text[self.tokens[index].start : self.tokens[stop - 1].end]
                    identity = self.table.find(surface)
                    if identity is not None:
                        kind = f"{identity.type}{'' if identity.detail != 'country' else 'c'}"
                        known[index] = "B-" + kind
                        known[index + 1 : stop] = ["I-" + kind] * (stop - index - 1)
                        step = stop - index
                        break
            index += step
        return known

    def _opens(self, index: int) -> bool:
        """Whether a token opens a sentence or a line."""
        return index == 0 or self.words[index - 1] in _SENTENCE_END or self._breaks(index)

    def _count(self) -> None:
        """What the document says of each word: its labels, its places in people's names, its lower-case uses."""
        votes: dict[str, Counter[str]] = defaultdict(Counter)
        self.last_names: set[str] = set()
        self.first_names: set[str] = set()
        self.plain = {lower for lower, shape in zip(self.lower, self.shapes, strict=True) if shape == "x"}
        count = len(self.tokens)
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
        index, count = 0, len(self.tokens)
        while index < count:
            if not self.active[index]:
                index += 1
                continue
            stop = index
            # A new line ends a run: names do not go on over it.
            while stop < count and self.active[stop] and (stop == index or not self._breaks(stop)):
                stop += 1
            groups = self._groups(index, stop)
            found.append(Run(index, [self._features(i, *groups[i - index]) for i in range(index, stop)]))
            index = stop
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

    def _breaks(self, index: int) -> bool:
        return "\n" in self.text[self.tokens[index - 1].end : self.tokens[index].start]

    def _features(self, i: int, left: int, right: int) -> list[str]:
        """The features of a token in the capitalised group from ``left`` to ``right``."""
        lower, labels, shapes = self.lower, self.labels, self.shapes
        count = len(lower)
        word, label, form = lower[i], labels[i], shapes[i]
        before = lower[i - 1] if i else "^"
        after = lower[i + 1] if i + 1 < count else "$"
        label_before = labels[i - 1] if i else "O"
        label_after = labels[i + 1] if i + 1 < count else "O"
        vote = self.votes.get(word, "x")
        known = self.known[i]
        lead = lower[left - 1] if left else "^"
        trail = lower[right + 1] if right + 1 < count else "$"
        title = "t" if i and names.is_honorific(before, self.language) else "-"
        out = [
            "b",
            "w=" + word, "w-=" + before, "w+=" + after, "s=" + form, "l=" + label, "l-=" + label_before,
            "l+=" + label_after, f"ll={label_before}|{label}", f"lr={label}|{label_after}", f"ls={label}|{form}",
            "v=" + vote, f"vl={vote}|{label}", "k=" + known, f"kl={known}|{label}", f"kv={known}|{vote}",
            "p3=" + word[:3], "s3=" + word[-3:], "s2=" + word[-2:],
            f"ss={shapes[i - 1] if i else '^'}|{form}|{shapes[i + 1] if i + 1 < count else '$'}",
            "gf=" + lower[left], "gl=" + lower[right], f"gn={right - left}|{i - left}",
            "g-=" + lead, "g+=" + trail, f"gl|l={lower[right]}|{label[2:]}",
            "t=" + title,
        ]  # fmt: skip
        if i > 1:
            out.append("w-2=" + lower[i - 2])
        if i + 2 < count:
            out.append("w+2=" + lower[i + 2])
        if self._opens(i):
            out += ["o", f"o|{label}|{'p' if word in self.plain else '-'}"]
        if word in self.plain:
            out.append(f"pl|{form}")
        if word in self.last_names:
            out.append(f"ln|{right - left}|{i - left}")
        if word in self.first_names:
            out.append(f"fn|{right - left}|{i - left}")
        return out
