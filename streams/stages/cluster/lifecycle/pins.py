"""What people decided of a story and what follows from it: pins are changed by their corrections alone, and carried on.

A merge hands the younger story's pins to the older. Where both have a headline, the older's stays.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from streams.contracts.records import Pins, Story

#: Stories that one is kept apart from, and corrections that keep it whole, at most: bounds its record. No person's work
#: on one story comes near; a merge that would go beyond is not made.
MOST = 64
NONE = Pins()


def merged(older: Pins | None, younger: Pins | None) -> Pins | None:
    """The pins of a story that has taken in a younger one."""
    if younger is None:
        return older
    if older is None:
        older = NONE
    named = older if older.headline_by else younger
    return Pins(
        headline=named.headline,
        headline_by=named.headline_by,
        headline_of=named.headline_of,
        not_news=older.not_news or younger.not_news,
        whole=tuple(dict.fromkeys((*older.whole, *younger.whole))),
        apart=tuple(dict.fromkeys((*older.apart, *younger.apart))),
    )


def without(pins: Pins, correction: str) -> Pins:
    """The pins without what a correction put there."""
    if pins.headline_by == correction:
        pins = without_headline(pins)
    return replace(
        pins,
        not_news="" if pins.not_news == correction else pins.not_news,
        whole=tuple(each for each in pins.whole if each != correction),
        apart=tuple(each for each in pins.apart if each.correction != correction),
    )


def without_headline(pins: Pins) -> Pins:
    return replace(pins, headline="", headline_by="", headline_of="")


def fits(pins: Pins | None) -> bool:
    """Whether a story may have so many."""
    return pins is None or max(len(pins.whole), len(pins.apart)) <= MOST


def keep_whole(story: Story) -> bool:
    """Whether only people may part its articles: they put some together, or took some out."""
    return story.pins is not None and bool(story.pins.whole or story.pins.apart)


def may_merge(one: Story, other: Story, resolve_redirect: Callable[[str], str]) -> bool:
    """Whether two stories may become one without a person: nobody parted them, or marked one of them as not news."""
    if one.pins is None and other.pins is None:
        return True
    parted = any(
        resolve_redirect(each.story_id) == another.id
        for story, another in ((one, other), (other, one))
        if story.pins is not None
        for each in story.pins.apart
    )
    return not parted and one.is_hidden == other.is_hidden and fits(merged(one.pins, other.pins))
