"""What a page prints right around its headline: where bylines and dates stand. Bounded, whatever the page nests."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

from streams.stages.clean.metadata.markup import label_of

#: Elements that are stepped through after and before the headline, and texts that are taken.
_STEPS_AFTER, _STEPS_BEFORE = 400, 60
_MOST_AFTER, _MOST_BEFORE = 60, 14
#: Characters of a text that are read; a text of this many is the article's own prose, and after so many of those the
#: headline's surroundings end: a lead may stand above the byline.
_READ, _PROSE, _MOST_PROSE = 300, 170, 3
_SKIPPED = frozenset((
    "script", "style", "noscript", "template", "svg", "nav", "form", "select", "iframe", "figure", "button", "aside",
    "footer", "video", "audio", "picture",
))  # fmt: skip


class Printed(NamedTuple):
    """A text between two tags, with single spaces, and the element that holds it."""

    text: str
    element: Any

    @property
    def label(self) -> str:
        """The labels of its element and of the two around that."""
        return _labels(self.element)


def pieces_after(anchor: Any) -> list[Printed]:
    """The texts that follow an element, in order, as far as a byline may stand."""
    return _taken(_after(anchor), _MOST_AFTER)


def pieces_before(anchor: Any) -> list[Printed]:
    """The texts before an element, the nearest first."""
    return _taken(_before(anchor), _MOST_BEFORE)


def _taken(texts: Iterator[tuple[str | None, Any]], most: int) -> list[Printed]:
    found: list[Printed] = []
    prose = 0
    for raw, element in texts:
        text = " ".join(raw[:_READ].split()) if raw else ""
        if not text:
            continue
        prose += len(text) >= _PROSE
        if prose >= _MOST_PROSE:
            break
        found.append(Printed(text, element))
        if len(found) >= most:
            break
    return found


def _labels(element: Any) -> str:
    labels = []
    for _ in range(3):
        if element is None or element.tag in ("body", "article", "main", "header", "section"):
            break
        labels.append(label_of(element)[:_READ])
        element = element.getparent()
    return " ".join(labels).strip()


def _after(anchor: Any) -> Iterator[tuple[str | None, Any]]:
    current, entering = anchor, False
    for _ in range(_STEPS_AFTER):
        if entering and isinstance(current.tag, str) and current.tag not in _SKIPPED:
            yield current.text, current
            first = next(iter(current), None)
            if first is not None:
                current = first
                continue
        parent = current.getparent()
        if parent is None:
            return
        yield current.tail, parent
        following = current.getnext()
        entering = following is not None
        current = following if entering else parent


def _before(anchor: Any) -> Iterator[tuple[str | None, Any]]:
    current = anchor
    for _ in range(_STEPS_BEFORE):
        parent = current.getparent()
        if parent is None:
            return
        previous = current.getprevious()
        if previous is None:
            yield parent.text, parent
            current = parent
            continue
        yield previous.tail, parent
        current = previous
        for _ in range(_STEPS_BEFORE):
            last = next(current.iterchildren(reversed=True), None) if current.tag not in _SKIPPED else None
            if last is None:
                break
            yield last.tail, current
            current = last
        if isinstance(current.tag, str) and current.tag not in _SKIPPED:
            yield current.text, current
