"""Stories: the decision on an article with its evidence, the events in it, and the snapshot that they add up to."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from streams.contracts.records.articles import EntityType
from streams.contracts.records.corrections import Correction, Mended, Pins

EventType = Literal["created", "joined", "revised", "merged", "split", "closed", "reopened", "retracted"]
StoryStatus = Literal["open", "closed", "merged", "retracted"]
#: How a number was told: as it is, or as what it is near to or bounded by.
Hedge = Literal["exactly", "at least", "more than", "about", "nearly", "up to", "less than"]
#: What a point is about: how many, how old, which day, or how a name is spelled.
PointKind = Literal["count", "age", "date", "name", "identity"]
#: How a story is linked to another, as it sees it: it `follows` an older one, is `followed` by a later one, or is
#: `related` to one where no dates tell which came first.
LinkKind = Literal["follows", "followed", "related"]
#: How much stories take in: `event` parts sooner, `topic` joins sooner.
Grain = Literal["event", "balanced", "topic"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Shared:
    """Something that an article and a story have in common, and its share of the score (0 to 1)."""

    key: str
    label: str
    weight: float


@dataclass(frozen=True, slots=True, kw_only=True)
class RunnerUp:
    """The second-best story for an article (the best, for one that starts a story), and its score."""

    story_id: str
    headline: str
    score: float
    similarity: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """Why an article is where it is. ``score >= threshold`` joined; strongest contributions first.

    ``score`` is the probability that the article belongs; ``similarity`` how alike it and the story are, ``margin``
    how much more so than the next story; ``measures`` all that the decision looked at (None: not known).
    """

    score: float
    threshold: float
    terms: tuple[Shared, ...] = ()
    entities: tuple[Shared, ...] = ()
    quotes: tuple[Shared, ...] = ()
    hours_apart: float | None = None
    runner_up: RunnerUp | None = None
    similarity: float | None = None
    margin: float | None = None
    measures: tuple[tuple[str, float | None], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class StoryEntity:
    """An entity as a story shows it; ``articles`` counts the members that mention it.

    ``parts``: the entities of the members that are shown as this one, itself the first, where they are several: a
    surname alone, an acronym, the same name under another type.
    """

    id: str
    name: str
    type: EntityType
    articles: int = 1
    salience: float = 0.0
    parts: tuple[StoryEntity, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class QuoteVersion:
    """How some outlets word a quotation: ``exact``, ``partial`` (part of it) or ``reworded``."""

    text: str
    how: Literal["exact", "partial", "reworded"]
    sources: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class StoryQuote:
    """A quotation as a story shows it, with the outlets that carry it, in ``text``'s words or another version."""

    text: str
    speaker: str | None = None
    sources: tuple[str, ...] = ()
    versions: tuple[QuoteVersion, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Sentence:
    """A sentence of an article, word for word, that could tell what happened. ``score``: how well, by itself (0 to 1).

    ``article_id``, ``outlet`` and ``origin`` say whose it is, once a story holds it.
    """

    text: str
    score: float
    article_id: str = ""
    outlet: str | None = None
    origin: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """What an article says of something that others may tell otherwise: a count, an age, a day, who did it.

    ``what`` (``dead``), ``whom`` (``people``; a person's name, folded) and ``place`` say what it is about; two claims
    about one thing can be compared. ``value`` is the number, of a day its proleptic ordinal; ``high`` the upper end of
    a range. ``text`` are the article's own words, of an identity the name (and ``value`` is 0).
    """

    kind: PointKind
    what: str
    whom: str
    value: float
    text: str
    high: float | None = None
    hedge: Hedge = "exactly"
    place: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Telling:
    """Who says it, and when: a claim as a story holds it. ``at`` is when the article counts (None: not known)."""

    article_id: str
    text: str
    value: float
    high: float | None = None
    hedge: Hedge = "exactly"
    place: str = ""
    outlet: str | None = None
    at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Point:
    """One thing that articles of a story count, date, spell or put a name to, and who says what, in the order of time.

    ``how``: all that is said ``agrees``, it ``changed`` as time went on, or outlets ``differ``.
    """

    kind: PointKind
    what: str
    whom: str
    how: Literal["agrees", "changed", "differs"] = "agrees"
    place: str = ""
    said: tuple[Telling, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class StoryArticle:
    """A member as its story shows it. ``entities`` and ``quotes`` are the strongest few, capped.

    ``sentences`` and ``claims`` are what it gives its story to choose from: events have them, a story's list does not.
    """

    id: str
    title: str | None = None
    source: str | None = None
    credit: str | None = None
    url: str | None = None
    published: datetime | None = None
    language: str | None = None
    revision: int = 0
    entities: tuple[StoryEntity, ...] = ()
    quotes: tuple[StoryQuote, ...] = ()
    #: Whose reporting this is: ``by:…`` the agency or outlet credited, else the outlet; or ``article:…``. Near-copies
    #: have the origin of the first.
    origin: str = ""
    #: How good its text is: ``CleanArticle.confidence``.
    confidence: float | None = None
    sentences: tuple[Sentence, ...] = ()
    claims: tuple[Claim, ...] = ()

    @property
    def outlet(self) -> str | None:
        """Who published it, as far as is known: the source given with it, else the one that its text credits."""
        return self.source or self.credit


@dataclass(frozen=True, slots=True, kw_only=True)
class StoryLink:
    """Another story that one leads to, as its record shows it. It holds no words of the other, which may be taken back.

    ``score`` is the probability that the one follows from the other, or that both are of one affair.
    """

    story_id: str
    kind: LinkKind
    score: float = 0.0
    at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Linking:
    """A link between two stories that an event made, renewed or (``gone``) took away: part of the event's effect.

    ``kind`` is how ``story_id`` sees ``other_id``. Both are of ``storyline`` from then on.
    """

    story_id: str
    other_id: str
    kind: LinkKind = "follows"
    gone: bool = False
    storyline: str = ""
    score: float = 0.0
    at: datetime | None = None
    #: Why, where the link is new.
    evidence: Evidence | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class StoryEvent:
    """One step in a story's life. Folding the events in order gives every story (``cluster.lifecycle.fold``)."""

    id: str
    type: EventType
    story_id: str
    at: datetime | None = None
    article_id: str | None = None
    article: StoryArticle | None = None
    evidence: Evidence | None = None
    #: merged: the story that this one redirects to; split: the story that the moved articles came from.
    other_id: str | None = None
    #: split (into a new story, or by a person into one that there is): the articles that moved, as it shows them; those
    #: that the old one no longer listed in short.
    moved: tuple[StoryArticle, ...] = ()
    #: split: the newest of those that stay and were not listed, in short: they take the places of those that moved.
    kept: tuple[StoryArticle, ...] = ()
    #: revised: what the story counted the article as until then, in short, where it no longer lists it.
    before: StoryArticle | None = None
    #: The links that came and went with it, in order.
    linked: tuple[Linking, ...] = ()
    #: What people decided of the story, as it stands from then on (None: as before). Only a person's `revised` event,
    #: which is on no article, changes it.
    pins: Pins | None = None
    #: The correction that it is of; None: a stage's own decision.
    mended: Mended | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """All that one input article or correction caused, as one atomic record of the log. The input's position is in its
    headers. Of a correction, ``article_id`` is empty, ``number`` that of the decision before it, and ``after`` the
    place of the last article before it.

    It holds what a redelivery needs to repeat it exactly, whatever the other rows have seen by then: ``number`` counts
    the decisions of a language, from 1; the vectors are packed as ``article_features.pack`` does (``vector`` of the
    article, ``previous`` of the article before this revision or retraction, ``parted`` the sum of what a split moved).
    """

    article_id: str
    events: tuple[StoryEvent, ...] = ()
    language: str = "und"
    number: int = 0
    vector: str = ""
    previous: str = ""
    parted: str = ""
    #: The story that was looked through for two groups, whether it split or not: how large it was then is remembered.
    looked: str = ""
    #: Stories so long silent that their rows go.
    forgotten: tuple[str, ...] = ()
    correction: Correction | None = None
    after: int = -1


@dataclass(frozen=True, slots=True, kw_only=True)
class Story:
    """A story as it stands: the compacted snapshot that dashboards read.

    ``articles`` lists the founder and the newest members, capped, ``sources`` the first outlets. ``article_count``,
    ``outlets`` and ``origins`` (independent ones) count all members; the latter two are exact up to 256, then within
    some 6 %, and follow from their sketches (``cluster.lifecycle.distinct``). A merged story keeps what it held when it
    was merged into ``redirect_to``.

    ``lead``: at most three sentences of its articles that together say what happened, chosen out of ``sentences``.
    ``points``: what its articles count, date and spell; where their ``how`` is not ``agrees``, outlets differ.
    ``links``: the stories before and after it, capped; ``storyline``: the id of the earliest story in the chain that
    they make, empty without links.
    """

    id: str
    status: StoryStatus = "open"
    headline: str = ""
    first_seen: datetime | None = None
    last_seen: datetime | None = None
    article_count: int = 0
    articles: tuple[StoryArticle, ...] = ()
    sources: tuple[str, ...] = ()
    outlets: int = 0
    origins: int = 0
    entities: tuple[StoryEntity, ...] = ()
    quotes: tuple[StoryQuote, ...] = ()
    languages: tuple[str, ...] = ()
    redirect_to: str | None = None
    outlet_sketch: str = ""
    origin_sketch: str = ""
    lead: tuple[Sentence, ...] = ()
    points: tuple[Point, ...] = ()
    sentences: tuple[Sentence, ...] = ()
    links: tuple[StoryLink, ...] = ()
    storyline: str = ""
    #: What people decided of it; None: nothing.
    pins: Pins | None = None

    @property
    def is_hidden(self) -> bool:
        """Whether a person marked it as not news: no list and no feed shows it."""
        return self.pins is not None and bool(self.pins.not_news)
