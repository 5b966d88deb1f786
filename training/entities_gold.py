"""Reading and scoring our own gold texts: who is the same as whom, and who said what.

Both formats are text with marks in it, so that people can write and check them; ``===`` on a line parts the texts.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from streams.contracts.records import CleanArticle, Entity, EntityType, TaggedArticle
from streams.stages.tag import Tagger
from streams.stages.tag.document import Document
from streams.stages.tag.resolve.found import Name
from streams.stages.tag.resolve.identity import identify
from streams.text import fold

_QUOTE = re.compile(r"\{([^|{}]*)\|([^{}]*)\}")
_MENTION = re.compile(r"\[([^\[\]=]+)=([plom]):([^\[\]]+)\]")
_INNER = re.compile(r"\"[^\"]*\"|“[^”]*”")
_TYPES: dict[str, EntityType] = {"p": "PER", "o": "ORG", "l": "LOC", "m": "MISC"}


@dataclass(frozen=True, slots=True)
class GoldQuotes:
    """A text and ``(start, end, speaker's name or "")`` of its quotations, marks included."""

    text: str
    quotes: tuple[tuple[int, int, str], ...]


@dataclass(frozen=True, slots=True)
class GoldNames:
    """A text, its names, and for each the key of who it is: equal keys, one identity, in whatever text."""

    text: str
    names: tuple[Name, ...]
    keys: tuple[str, ...]


def texts(path: Path) -> list[str]:
    """The texts of a gold file, its leading comment left out."""
    lines = [line for line in path.read_text(encoding="utf-8").splitlines() if not line.startswith("# ")]
    return [part.strip() for part in "\n".join(lines).split("\n===\n") if part.strip()]


def read_quotes(path: Path) -> list[GoldQuotes]:
    """``{Speaker|"words"}``: a quotation interrupted by its own attribution is written as one and read as its parts."""
    result: list[GoldQuotes] = []
    for marked in texts(path):
        text, quotes, at = "", [], 0
        for match in _QUOTE.finditer(marked):
            text += marked[at : match.start()]
            start = len(text)
            text += match.group(2)
            inner = list(_INNER.finditer(match.group(2)))
            whole = len(inner) < 2 or match.group(2)[0] not in '"“' or "“" in match.group(2)[1:]
            spans = [(0, len(match.group(2)))] if whole else [part.span() for part in inner]
            quotes += [(start + first, start + last, match.group(1)) for first, last in spans]
            at = match.end()
        result.append(GoldQuotes(text + marked[at:], tuple(quotes)))
    return result


def read_names(path: Path) -> list[GoldNames]:
    """``[surface=p:key]`` with p, o, l, m for the type: see ``GoldNames``."""
    result: list[GoldNames] = []
    for marked in texts(path):
        text, names, keys, at = "", [], [], 0
        for match in _MENTION.finditer(marked):
            text += marked[at : match.start()]
            start = len(text)
            text += match.group(1)
            names.append(Name(start, len(text), _TYPES[match.group(2)], "gold"))
            keys.append(f"{match.group(2)}:{match.group(3)}")
            at = match.end()
        result.append(GoldNames(text + marked[at:], tuple(names), tuple(keys)))
    return result


def score_quotes(gold: Sequence[GoldQuotes], tagged: Sequence[TaggedArticle]) -> dict[str, float]:
    """Exact-span F1 of the quotations, and the share of found ones whose speaker (or lack of one) is right."""
    hits = extra = missed = right = 0
    for text, article in zip(gold, tagged, strict=True):
        found = {(quote.start, quote.end): quote for quote in article.quotes}
        names = {entity.id: entity.name for entity in article.entities}
        wanted = {(start, end): speaker for start, end, speaker in text.quotes}
        both = wanted.keys() & found.keys()
        hits += len(both)
        extra += len(found) - len(both)
        missed += len(wanted) - len(both)
        right += sum(fold(names.get(found[span].speaker or "", "")) == fold(wanted[span]) for span in both)
    return {
        "span_f1": 2 * hits / (2 * hits + extra + missed) if hits else 0.0,
        "speaker_accuracy": right / hits if hits else 0.0,
        "quotations": float(hits + missed),
    }


def b_cubed(gold: Iterable[tuple[object, str]], found: Iterable[tuple[object, str]]) -> dict[str, float]:
    """B-cubed over mentions (Bagga & Baldwin 1998) of ``(mention, key)`` pairs.

    A mention that only one side has counts as wrong on that side: zero precision if it was made up, zero recall if it
    was missed.
    """
    wanted, got = dict(gold), dict(found)
    sizes, found_sizes = Counter(wanted.values()), Counter(got.values())
    cells = Counter((wanted[mention], got[mention]) for mention in wanted.keys() & got.keys())
    shared = sum(count * count / found_sizes[key] for (_, key), count in cells.items())
    covered = sum(count * count / sizes[key] for (key, _), count in cells.items())
    precision = shared / len(got) if got else 0.0
    recall = covered / len(wanted) if wanted else 0.0
    f1 = 2 * precision * recall / (precision + recall) if precision + recall else 0.0
    return {"precision": precision, "recall": recall, "f1": f1}


def articles(gold: Sequence[GoldQuotes | GoldNames]) -> list[CleanArticle]:
    """The texts as articles, to be tagged."""
    return [CleanArticle(id=f"gold-{number}", text=text.text, language="en") for number, text in enumerate(gold)]


def measure_gold(tagger: Tagger, folder: Path) -> dict[str, dict[str, float]]:
    """The figures of both gold sets in ``folder``: quotations; identities of found and of given mentions."""
    quotes = read_quotes(folder / "quotations.txt")
    named = read_names(folder / "resolution.txt")
    wanted = [((n, m.start, m.end), key) for n, t in enumerate(named) for m, key in zip(t.names, t.keys, strict=True)]

    def flat(entities: Iterable[Sequence[Entity]]) -> list[tuple[object, str]]:
        return [
            ((number, mention.start, mention.end), entity.id)
            for number, found in enumerate(entities)
            for entity in found
            for mention in entity.mentions
        ]

    given = (identify(f"gold-{n}", Document(text.text), 0, text.names) for n, text in enumerate(named))
    return {
        "quotations": score_quotes(quotes, tagger.tag(articles(quotes))),
        "identities, mentions given": b_cubed(wanted, flat(given)),
        "identities, mentions found": b_cubed(wanted, flat(a.entities for a in tagger.tag(articles(named)))),
    }
