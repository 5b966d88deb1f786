"""What tagging has to know of a language: words, patterns and tables, no code.

Each part begins with what holds in any language, mostly nothing: a language says what it knows, and what it leaves out
is simply not found. Words are lower-case and without full stops, patterns match the text as it is written.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from importlib.resources.abc import Traversable

Words = frozenset[str]

#: Matches nothing.
NEVER = re.compile(r"(?!)")
_NONE: Words = frozenset()


def words(text: str) -> Words:
    """The words of a string.

    >>> sorted(words("mr mrs"))
    ['mr', 'mrs']
    """
    return frozenset(text.split())


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class NameWords:
    """What stands around names, and inside them."""

    #: Before a person's name and no part of it: ``mr``; what may stand between two such, or between one and the name;
    #: and what makes another title of the one after it: ``prime`` minister.
    honorifics: Words = _NONE
    between_honorifics: Words = _NONE
    compounds: Words = _NONE
    #: Inside people's names (``von``), and after them (``jr``).
    particles: Words = _NONE
    suffixes: Words = _NONE
    #: Words and marks that stand inside names of any kind.
    links: Words = _NONE
    #: What is no part of a name at its end, longest first: ``'s``; those of them that only an owner has; and an owner,
    #: with the space to the name of what is owned.
    possessives: tuple[str, ...] = ()
    genitives: tuple[str, ...] = ()
    owner: re.Pattern[str] = NEVER
    #: The article that names are compared without, with its space (``the ``), and all articles that come off a name.
    article: str = ""
    articles: re.Pattern[str] = NEVER
    #: What begins something else, at the end of a name of a place or an organisation.
    tail: re.Pattern[str] = NEVER
    #: What a known name is not followed by where it is half of a compound (``-b``: "London-based").
    halves: tuple[str, ...] = ()
    #: Between the names of a list, and between an organisation and the place that belongs to its name.
    conjunction: re.Pattern[str] = NEVER
    preposition: re.Pattern[str] = NEVER
    #: A whole name that says when (``Thursday morning``); those of its words that people are called too, as they are
    #: written; and a time after a name, with the space between.
    calendar: re.Pattern[str] = NEVER
    calendar_names: Words = _NONE
    then: re.Pattern[str] = NEVER
    #: Endings that come and go with a word's form.
    endings: tuple[str, ...] = ()
    #: An acronym in brackets after the long name: group 1.
    acronym: re.Pattern[str] = re.compile(r"\s*\(\s*[\"“']?([A-Z][A-Za-z&.]{1,11})[\"”']?\s*\)")
    #: Words and marks as the relabelling weights know them.
    token: re.Pattern[str] = re.compile(r"(?:[^\W\d_]\.){2,}|[^\W_]+(?:['’&.][^\W_]+)*|[^\w\s]")


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class GenderWords:
    """How a text tells whether "he" or "she" may mean someone."""

    #: Common first names of men and of women, folded; names that both have may be in both.
    he: Words = _NONE
    she: Words = _NONE
    #: Titles right before a name: groups ``m`` and ``f``.
    title: re.Pattern[str] = NEVER


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class OrganisationWords:
    """What organisations are called."""

    #: The legal form at the end of a company's name, with what parts it from the name.
    legal_form: re.Pattern[str] = NEVER
    #: Bodies that every country has: what they are called alone says nothing across documents.
    generic: re.Pattern[str] = NEVER
    #: The other name of an organisation, in brackets after it: group 1.
    in_brackets: re.Pattern[str] = re.compile(r"\s*\(\s*[\"“']?([^()\"“”']{2,80}?)[\"”']?\s*\)")
    #: What parties and their people are called in one word, folded, and the party's name; the full name of any party
    #: (group ``stem``: what its people are called); and the endings of the stem's plurals.
    parties: Mapping[str, str] = field(default_factory=dict)
    party: re.Pattern[str] = NEVER
    party_plurals: tuple[str, ...] = ()
    #: What neither follows the short form of a longer name, nor ends it.
    not_after_short: Words = _NONE
    not_ending_short: Words = _NONE


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class NewsWords:
    """What news stories say around names."""

    #: A dateline: groups ``place``, ``country``, ``date`` and ``agency``; multi-line.
    dateline: re.Pattern[str] = NEVER
    #: What follows, and what goes before, the name of a side that plays against another.
    plays_after: re.Pattern[str] = NEVER
    plays_before: re.Pattern[str] = NEVER
    #: "dubbed", "called", at the end of what goes before a name; and the nouns that say what is introduced so: group
    #: ``thing``, else a body.
    naming: re.Pattern[str] = NEVER
    introduced: re.Pattern[str] = NEVER


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class SpeechWords:
    """How a text says who is quoted."""

    #: A verb of saying, whole; "according to"; and "he" and "she": groups ``he`` and ``she``.
    saying: re.Pattern[str] = NEVER
    according: re.Pattern[str] = NEVER
    pronoun: re.Pattern[str] = NEVER
    #: Words that cannot open the subject of a verb after a quotation, and those that alone before a verb go on with it.
    not_subject: Words = _NONE
    conjunctions: Words = _NONE
    #: "I", "we", "you": a verb of theirs names nobody.
    no_name: Words = _NONE
    #: Between a subject and its verb: nothing, a clause between commas, an adverb or an auxiliary.
    gap: re.Pattern[str] = re.compile(r"\s*(?:\([^()]*\)\s*)?(?:,[^\n]{1,160},)?\s*")
    #: The end of a sentence, with the space to the next; a stop after a title or an initial is none.
    sentence: re.Pattern[str] = re.compile(r"[.!?…][\"”’')]*\s+(?=[\"“‘'(\[A-Z0-9])")
    #: Before marks that hold a name and no speech; and before a single word that someone called something.
    naming: re.Pattern[str] = NEVER
    judged: re.Pattern[str] = NEVER
    #: Words that titles write small.
    small: Words = _NONE
    #: The letter before an apostrophe that makes a plural's possessive of it, not a closing mark.
    plural: str = ""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Language:
    """All that tagging knows of one language."""

    #: ISO 639-1.
    code: str
    names: NameWords = field(default_factory=NameWords)
    genders: GenderWords = field(default_factory=GenderWords)
    organisations: OrganisationWords = field(default_factory=OrganisationWords)
    news: NewsWords = field(default_factory=NewsWords)
    speech: SpeechWords = field(default_factory=SpeechWords)
    #: The folder with its alias tables (``*.tsv``), common words and relabelling weights, as far as there are any.
    data: Traversable | None = None
