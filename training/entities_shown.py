"""Whether what stories show as their entities is worth showing: a count of entries that nobody would list by hand.

The true stories of a development set are put together by the service's own fold, so that what is judged is what a
reader sees; the clusterer has no part in it. Six kinds of wrong entries are counted. They are defined here alone, over
names and texts, with no word lists of the tagger's, and each errs towards leaving an entry alone:

- ``calendar``: a weekday or a month, with or without a part of the day, a number or a year: ``Thursday morning``.
- ``twice``: a name that stands above already, under whatever type: ``Moon · Moon``.
- ``surname``: one word that ends the name of exactly one person of the list: ``Jackson`` beside ``Jesse Jackson Jr.``.
- ``party``: a second word for a party that is listed already: ``Republicans``, ``GOP``.
- ``acronym``: the initials of exactly one longer name of the list: ``DACA``.
- ``fragment``: several words that no text below a headline has in this order and case, where either one of them is
  written small in the texts and never large inside a sentence, or the first ones are a person of the list:
  ``Glenn Beck Rips Progressivism``.

An entry counts under the first kind that it is of.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from streams.contracts.records import EventType, Story, StoryEntity, StoryEvent, TaggedArticle
from streams.stages.cluster.lifecycle.fold import fold
from streams.stages.cluster.lifecycle.present import story_article
from streams.stages.tag import Tagger
from streams.text import fold as folded
from training.stories_data import Labelled, read, tagged

#: Development sets of full texts by several outlets: names worth showing come from texts.
SETS = ("basil", "groundnews_dev", "g5w1h", "gva_dev")
KINDS = ("calendar", "twice", "surname", "party", "acronym", "fragment")

#: Short forms with a full stop only: the Sun and Jan are others.
_DAY = r"(?:mon|tues|wednes|thurs|fri|satur|sun)days?|(?:mon|tues?|wed|thu(?:rs?)?|fri|sat|sun)\."
_MONTH = (
    r"january|february|march|april|may|june|july|august|september|october|november|december|"
    r"(?:jan|feb|mar|apr|jun|jul|aug|sept?|oct|nov|dec)\."
)
_CALENDAR = re.compile(
    rf"(?:(?:early|late|mid|last|next|this|on|in)[ -])?(?:{_DAY}|{_MONTH})"
    r"(?:,? (?:morning|afternoon|evening|night|noon|midnight|\d{1,2}(?:st|nd|rd|th)?|(?:19|20)\d\d))*",
    re.IGNORECASE,
)
_PARTIES = (
    re.compile(r"democrats?|democratic(?: party)?|dems?", re.IGNORECASE),
    re.compile(r"republicans?|republican party|gop|g\.o\.p\.?|grand old party", re.IGNORECASE),
    re.compile(r"tory|tories|conservatives?|conservative party|tory party", re.IGNORECASE),
    re.compile(r"labour(?: party)?", re.IGNORECASE),
)
_WORD = re.compile(r"[^\W\d_]+(?:['’-][^\W\d_]+)*")
#: A word in large letters that opens no sentence, line or quotation, where it would be large anyway.
_INSIDE = re.compile(r"(?<=[\w,;] )[^\W\d_a-z][\w’'-]*")
#: What follows a surname and is part of the name.
_SUFFIXES = frozenset({"jr", "sr", "ii", "iii", "iv"})


def wrong(shown: Sequence[StoryEntity], articles: Sequence[TaggedArticle]) -> dict[str, list[str]]:
    """The wrong entries among those that a story shows, by kind; kinds without any are left out.

    >>> wrong([StoryEntity(id="misc:friday", name="Friday", type="MISC")], [])
    {'calendar': ['Friday']}
    """
    found: dict[str, list[str]] = {}
    people = [folded(entity.name) for entity in shown if entity.type == "PER" and " " in entity.name]
    surnames = Counter(surname for name in set(people) if (surname := _surname(name)))
    initials = Counter(key for name in {folded(entity.name) for entity in shown} for key in _initials(name))
    headlines = _Headlines(articles)
    names: set[str] = set()
    parties: set[int] = set()
    for entity in shown:
        name = folded(entity.name)
        kind = None
        party = next((n for n, pattern in enumerate(_PARTIES) if pattern.fullmatch(name)), None)
        if _CALENDAR.fullmatch(name) and not (entity.type == "PER" and name in ("may", "april", "june", "august")):
            kind = "calendar"
        elif name in names:
            kind = "twice"
        elif " " not in name and surnames[name] == 1:
            kind = "surname"
        elif party is not None and party in parties:
            kind = "party"
        elif entity.name.replace(".", "").isupper() and initials[name.replace(".", "")] == 1:
            kind = "acronym"
        elif " " in name and headlines.fragment(entity, people, surnames):
            kind = "fragment"
        if kind is not None:
            found.setdefault(kind, []).append(entity.name)
        names.add(name)
        if party is not None:
            parties.add(party)
    return found


class _Headlines:
    """What the articles of a story tell about words of their headlines."""

    def __init__(self, articles: Sequence[TaggedArticle]) -> None:
        self._texts = [" ".join(article.text.split()) for article in articles]
        #: Entities that a text below a headline mentions, under whatever name.
        self._mentioned = {
            entity.id
            for article in articles
            for entity in article.entities
            if any(mention.field == "text" for mention in entity.mentions)
        }
        words = [word for text in self._texts for word in _WORD.findall(text)]
        self._small = {word for word in words if word.islower()}
        self._large = {word.lower() for text in self._texts for word in _INSIDE.findall(text)}

    def fragment(self, entity: StoryEntity, people: Sequence[str], surnames: Mapping[str, int]) -> bool:
        """Whether a name of several words is a piece of a headline."""
        name = entity.name
        if entity.id in self._mentioned or not self._texts or any(name in text for text in self._texts):
            return False
        words = [word.lower() for word in _WORD.findall(name) if word[:1].isupper()]
        if any(word in self._small and word not in self._large for word in words):
            return True
        whole = folded(name)
        rest = next((whole[len(other) + 1 :] for other in people if whole.startswith(f"{other} ")), None)
        if rest is None and surnames.get(whole.split()[0]):
            rest = whole.split(maxsplit=1)[1]
        return rest is not None and rest.strip(".") not in _SUFFIXES


def _surname(name: str) -> str | None:
    words = [word.strip(".,") for word in name.split()]
    kept = [word for word in words if word not in _SUFFIXES]
    return kept[-1] if len(kept) > 1 else None


def _initials(name: str) -> set[str]:
    """The initials of a name of three words and more, small words counted and left out."""
    words = _WORD.findall(name)
    small = {"of", "the", "and", "for", "in", "on", "de"}
    both = {"".join(word[0] for word in words), "".join(word[0] for word in words if word not in small)}
    return {letters for letters in both if len(letters) >= 3}


def stories(rows: Iterable[Labelled]) -> dict[str, tuple[Story, list[TaggedArticle]]]:
    """The true stories of a set as the service would show them, and their articles, in the set's order."""
    members: dict[str, list[TaggedArticle]] = {}
    for row in rows:
        members.setdefault(row.story, []).append(row.article)
    folds: dict[str, Story] = {}
    for key, articles in members.items():
        for number, article in enumerate(articles):
            kind: EventType = "joined" if number else "created"
            fold(folds, [StoryEvent(id=f"{key}:{number}", type=kind, story_id=key, article=story_article(article))])
    return {key: (folds[key], articles) for key, articles in members.items()}


def count(rows: Iterable[Labelled]) -> dict[str, int]:
    """The figures of a set of tagged rows: ``stories``, entities ``shown``, and each of ``KINDS``."""
    figures = Counter(dict.fromkeys(("stories", "shown", *KINDS), 0))
    for story, articles in stories(rows).values():
        figures["stories"] += 1
        figures["shown"] += len(story.entities)
        for kind, names in wrong(story.entities, articles).items():
            figures[kind] += len(names)
    return dict(figures)


def measure(data: Path, tagger: Tagger, sets: Sequence[str] = SETS) -> dict[str, dict[str, int]]:
    """``count`` for each set under ``data`` that is there, tagged by ``tagger``."""
    files = {name: data / "stories" / f"{name}.jsonl.gz" for name in sets}
    return {name: count(tagged(read(path), tagger)) for name, path in files.items() if path.is_file()}


def render(figures: Mapping[str, Mapping[str, int]]) -> str:
    """The figures as a table in Markdown, with the share of wrong entries in per cent."""
    lines = [
        f"| stories of | stories | entities shown | {' | '.join(KINDS)} | wrong, % |",
        f"|---|---:|---:|{'---:|' * len(KINDS)}---:|",
    ]
    for name, row in figures.items():
        share = 100 * sum(row[kind] for kind in KINDS) / max(1, row["shown"])
        cells = " | ".join(str(row[kind]) for kind in KINDS)
        lines.append(f"| {name} | {row['stories']} | {row['shown']} | {cells} | {share:.2f} |")
    return "\n".join(lines)
