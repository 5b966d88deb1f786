"""What queries are asked about: a story's words, names, counts and times, in a form that answers fast."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache

from streams.contracts.records import Story, StoryEntity
from streams.query.times import Phase, phase_of

_PARTS = re.compile(r"[^\W_]+")


@dataclass(frozen=True, slots=True)
class Seen:
    """One article of a story's history: when it counts (seconds since the epoch), whose it is, who published it."""

    at: float
    origin: str
    outlet: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Subject:
    """A story as queries see it. ``columns``: its headlines, names and outlets as words; ``names``: of each entity its
    type, id and the words of its name; ``history``: its articles as far as they are remembered."""

    columns: tuple[tuple[str, ...], ...]
    names: tuple[tuple[str, str, tuple[str, ...]], ...]
    outlets: tuple[tuple[str, ...], ...]
    languages: frozenset[str]
    phase: Phase
    counts: tuple[int, int, int]
    history: tuple[Seen, ...] = ()

    @classmethod
    def of(cls, story: Story, history: Sequence[Seen], *, now: float) -> Subject:
        """The story at ``now``, seconds since the epoch; what has no history is as old as ``now``."""
        times = [seen.at for seen in history] or [now]
        return cls(
            columns=tuple(map(tokens_of, searched(story))),
            names=tuple((part.type, part.id, tokens_of(part.name)) for part in _parts(story)),
            outlets=tuple(map(tokens_of, story.sources)),
            languages=frozenset(story.languages),
            phase=phase_of(
                story.status, story.article_count, newest=max(times), oldest=min(times), now=max(now, *times)
            ),
            counts=(story.article_count, story.outlets, story.origins),
            history=tuple(history),
        )


def searched(story: Story) -> tuple[str, str, str]:
    """The text in which words are looked for: headlines, names of entities, outlets, a line each."""
    titles = (article.title for article in story.articles if article.title)
    return (
        "\n".join(dict.fromkeys((story.headline, *titles))),
        "\n".join(dict.fromkeys(part.name for part in _parts(story))),
        "\n".join(story.sources),
    )


def _parts(story: Story) -> Iterable[StoryEntity]:
    return (part for entity in story.entities for part in entity.parts or (entity,))


@lru_cache(maxsize=4096)
def tokens_of(text: str) -> tuple[str, ...]:
    """The words of a text, small and without diacritics, as the full-text index of SQLite parts them (``unicode61``,
    ``remove_diacritics 2``).

    >>> tokens_of("Gonçalves' E-Mail")
    ('goncalves', 'e', 'mail')
    """
    if not text.isascii():
        text = unicodedata.normalize("NFC", _bare(unicodedata.normalize("NFD", text)))
    return tuple(_PARTS.findall(text.lower()))


def _bare(text: str) -> str:
    return "".join(char for char in text if not unicodedata.combining(char))


def contains(words: Sequence[str], phrase: Sequence[str], *, prefix: bool = False) -> bool:
    """Whether ``phrase`` stands in ``words``, in a row; ``prefix``: its last word may go on."""
    size, last = len(phrase), phrase[-1]
    head = tuple(phrase[:-1])
    for start in range(len(words) - size + 1):
        end = words[start + size - 1]
        if (end == last or (prefix and end.startswith(last))) and tuple(words[start : start + size - 1]) == head:
            return True
    return False
