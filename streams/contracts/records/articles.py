"""Articles on their way: raw, clean and tagged, and the verdict on what is none."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

EntityType = Literal["PER", "ORG", "LOC", "MISC"]
#: A stage's name: a key of ``topology.TOPOLOGY``.
Stage = str


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
    the changes of the same ``id``, from 0. ``image`` is the address of its picture, ``section`` where the outlet files
    it, ``paywalled`` whether readers have to pay (None: the page says nothing of it), ``live_blog`` whether it is a
    running report. ``dropped`` points into the text that was cleaned (for HTML: the page's
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
    image: str | None = None
    section: str | None = None
    paywalled: bool | None = None
    live_blog: bool = False
    #: How good the text is: its expected F1 against the true article (0 to 1). None: nothing tells.
    confidence: float | None = None
    #: The extractor whose text was taken, since it is likely to be better than ours; None: ours is.
    fallback: str | None = None
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
