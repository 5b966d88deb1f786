"""Corrections: what a person decided about stories, and what of it stands in a story for good."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

#: `merge` two stories; `split` articles out of one; `move` articles into another; `pin` the headline to a member's
#: title; `rename`: a headline in a person's own words; `not-news`: out of lists and feeds; `undo` one of the others.
Action = Literal["merge", "split", "move", "pin", "rename", "not-news", "undo"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Correction:
    """A person's decision about stories of one language. ``id`` is unique: one of an id that is known does nothing.

    ``by`` and ``why`` say who and why. ``story_id`` is the story that is corrected; of a `move` the one that the
    articles go to. ``other_id``: the story that it is merged with. ``articles``: those that part or move, all of one
    story; of a `pin` the one whose title stays (none: the headline as it is). ``headline``: the new one of a `rename`.
    ``undoes``: the id of the correction that an `undo` takes back.
    """

    id: str
    action: Action
    by: str
    why: str = ""
    at: datetime | None = None
    language: str = "und"
    story_id: str = ""
    other_id: str = ""
    articles: tuple[str, ...] = ()
    headline: str = ""
    undoes: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Mended:
    """The correction that an event is of: who decided it, and why. ``undoes``: the one that it takes back."""

    correction: str
    action: Action
    by: str
    why: str = ""
    at: datetime | None = None
    undoes: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Apart:
    """A story that this one is not, by a correction."""

    story_id: str
    correction: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Pins:
    """What people decided of a story and nothing but people may change, each with the id of the correction.

    ``headline`` stands whatever its articles are called; it is the title of ``headline_of``, or, where that is empty, a
    person's own words. ``not_news``: it is in no list or feed. ``whole``: what people put together in it stays so.
    ``apart``: the stories that people parted from it, by their ids at the time; it is never merged with one of them.
    """

    headline: str = ""
    headline_by: str = ""
    headline_of: str = ""
    not_news: str = ""
    whole: tuple[str, ...] = ()
    apart: tuple[Apart, ...] = ()
