"""The records on the wire. Field names are the contract; behaviour lives with the stage that owns it.

Every record is a frozen, slotted, keyword-only dataclass. Times are timezone-aware; a naive time is a
``ValueError``. Offsets count Unicode code points, end exclusive. Optional fields have defaults, so that sparse
rows (an ``id`` and a ``text``) are valid input to the later stages.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

#: Raised when a field changes its meaning or becomes required; travels in the ``streams_schema`` header.
SCHEMA_VERSION = 1

EntityType = Literal["PER", "ORG", "LOC", "MISC"]
#: A stage's name: a key of ``topology.TOPOLOGY``.
Stage = str
EventType = Literal["created", "joined", "revised", "merged", "split", "closed", "reopened", "retracted"]
StoryStatus = Literal["open", "closed", "merged", "retracted"]


def _aware(moment: datetime | None, field: str) -> None:
    if moment is not None and moment.tzinfo is None:
        raise ValueError(f"{field} needs a time zone")


@dataclass(frozen=True, slots=True, kw_only=True)
class RawArticle:
    """An article as fetched: a page, a text dump or a JSON body.

    ``content`` holds decoded text. A producer that does not know the charset sends ``content_base64``, the bytes
    as fetched, instead. ``published`` is whatever the producer knows, unparsed. ``retracted`` takes the article
    with this ``id`` back everywhere; such a record needs no content.
    """

    content: str | None = None
    content_base64: str | None = None
    content_type: str = "text/plain"
    id: str | None = None
    url: str | None = None
    source: str | None = None
    title: str | None = None
    published: str | None = None
    language: str | None = None
    fetched_at: datetime | None = None
    retracted: bool = False
    #: Fields that were longer than they may be (``limits.LIMITS``) when the record came in.
    cut: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        _aware(self.fetched_at, "fetched_at")
        if self.retracted:
            if not self.id:
                raise ValueError("a retraction needs the id of the article it takes back")
        elif self.content is None and self.content_base64 is None:
            raise ValueError("an article needs content or content_base64")


@dataclass(frozen=True, slots=True, kw_only=True)
class Dropped:
    """A stretch of the raw text that cleaning removed: ``raw[start:end]``, why, and how sure (0 to 1)."""

    start: int
    end: int
    reason: str
    score: float = 1.0


@dataclass(frozen=True, slots=True, kw_only=True)
class CleanArticle:
    """The article itself: paragraphs parted by a blank line, the title apart from the text.

    ``source`` names the outlet, ``credit`` the agency or outlet that the text itself credits. ``revision`` counts
    the changes of the same ``id``, from 0. ``dropped`` points into the text that was cleaned (for HTML: the page's
    text as ``streams clean --explain`` prints it).
    """

    id: str
    text: str
    title: str | None = None
    url: str | None = None
    source: str | None = None
    authors: tuple[str, ...] = ()
    published: datetime | None = None
    modified: datetime | None = None
    language: str | None = None
    language_confidence: float | None = None
    credit: str | None = None
    content_hash: str | None = None
    revision: int = 0
    retracted: bool = False
    dropped: tuple[Dropped, ...] = ()
    #: Fields that were longer than they may be (``limits.LIMITS``): cut short, or left out.
    cut: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        _aware(self.published, "published")
        _aware(self.modified, "modified")


@dataclass(frozen=True, slots=True, kw_only=True)
class Mention:
    """One occurrence of an entity: ``getattr(article, field)[start:end] == surface``."""

    field: Literal["title", "text"]
    start: int
    end: int
    surface: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Entity:
    """Who or what: one identity with every mention of it.

    ``id`` is the same in every article (``person:vladimir-putin``, ``place:ua``, ``org:mi6``) and does not depend on
    arrival order. ``salience`` is 0 to 1: how much the article is about it. ``reason`` says how the identity was
    found, ``link`` where it can be checked (``iso:UA``, ``geonames:745044``, ``wikidata:Q…``).
    """

    id: str
    name: str
    type: EntityType
    mentions: tuple[Mention, ...] = ()
    salience: float = 0.0
    detail: str | None = None
    link: str | None = None
    latitude: float | None = None
    longitude: float | None = None
    reason: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Quote:
    """A quotation: ``article.text[start:end]`` without its marks equals ``text`` (multi-paragraph ones keep the break).

    ``speaker`` is an entity id, or None where it cannot be told; ``cue`` the words that name the speaker.
    """

    text: str
    start: int
    end: int
    speaker: str | None = None
    cue: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class TaggedArticle(CleanArticle):
    """A clean article with its entities and quotations."""

    entities: tuple[Entity, ...] = ()
    quotes: tuple[Quote, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Rejection:
    """A verdict, not a failure: this input is not an article that we can use, and why."""

    stage: Stage
    reason: str
    detail: str = ""
    id: str | None = None
    url: str | None = None
    source: str | None = None


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
    """An entity as a story shows it; ``articles`` counts the members that mention it."""

    id: str
    name: str
    type: EntityType
    articles: int = 1
    salience: float = 0.0


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
class StoryArticle:
    """A member as its story shows it. ``entities`` and ``quotes`` are the strongest few, capped."""

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
    #: split: the articles that moved, as their new story shows them.
    moved: tuple[StoryArticle, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """All that one input article caused, as one atomic record of the log. The input's position is in its headers.

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
    #: Stories so long silent that their rows go.
    forgotten: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Story:
    """A story as it stands: the compacted snapshot that dashboards read.

    ``articles`` lists the founder and the newest members, capped; ``article_count`` counts all. ``origins`` counts the
    independent origins among the listed. A merged story keeps what it held when it was merged into ``redirect_to``.
    """

    id: str
    status: StoryStatus = "open"
    headline: str = ""
    first_seen: datetime | None = None
    last_seen: datetime | None = None
    article_count: int = 0
    articles: tuple[StoryArticle, ...] = ()
    sources: tuple[str, ...] = ()
    origins: int = 0
    entities: tuple[StoryEntity, ...] = ()
    quotes: tuple[StoryQuote, ...] = ()
    languages: tuple[str, ...] = ()
    redirect_to: str | None = None
