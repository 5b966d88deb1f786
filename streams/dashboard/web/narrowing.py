"""What a search can be narrowed by: links that add a name, an outlet or a day to it, with what each would leave."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from streams.dashboard.store import counts
from streams.dashboard.store.filters import Filter, can_be_asked
from streams.dashboard.store.index import Index
from streams.dashboard.web.render import date, day, shown


@dataclass(frozen=True, slots=True, kw_only=True)
class Narrowing:
    """A link's query string, its words, and how many of the stories that were found it leaves."""

    query: str
    label: str
    stories: int


def narrowing(index: Index, wanted: Filter, *, now: float) -> dict[str, list[Narrowing]]:
    """Choices under Names, Outlets and Days, as ``counts.facets`` orders and bounds them.

    Nothing where nothing is searched: then there is nothing to count but everything. A list is filtered by one value
    of a kind, so that a kind that it is filtered by already has no choices: they would replace it.
    """
    if not wanted:
        return {}
    found = counts.facets(index, wanted, now=now)
    given = wanted.given()
    kinds: dict[str, tuple[str, Iterable[tuple[str, str, int]]]] = {
        "Names": ("entity", ((each.id, each.name, each.stories) for each in found.entities)),
        "Outlets": ("outlet", ((name, name, stories) for name, stories in found.outlets)),
        "Days": ("day", ((date(number), day(number * 86400), stories) for number, stories in found.days)),
    }
    choices: dict[str, dict[str, Narrowing]] = {title: {} for title, (name, _) in kinds.items() if name not in given}
    for title, links in choices.items():
        name, values = kinds[title]
        for value, label, stories in values:
            if can_be_asked(value):
                # Of what reads alike, such as a place and an organisation of one name, the most frequent.
                text = shown(label) or "(no name)"
                links.setdefault(text, Narrowing(query=wanted.query(**{name: value}), label=text, stories=stories))
    return {title: list(links.values()) for title, links in choices.items() if links}
