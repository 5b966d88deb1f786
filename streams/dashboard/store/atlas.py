"""Where stories happen: which of the places that a story names are points of the map, and which point a name means.

Precision comes first: a name that may be a person's, and one that several towns share while nothing in the story tells
them apart, is no point. ``docs/how-to/dashboard.md`` says the rules; ``training/atlas.py`` makes the tables.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import cache
from importlib.resources import files

from streams.contracts.records import Story, StoryEntity
from streams.stages.tag.lang import DEFAULT
from streams.stages.tag.ner.casing import common_words
from streams.stages.tag.resolve.aliases import AliasTable, Identity, table
from streams.text import fold

#: Points that a story has at most: those of most articles.
MOST_POINTS = 3
#: How salient a place is in the mean of a story's articles (0 to 1) from which the story happens there. Chosen by
#: looking at 40 real stories: below are datelines' agencies, examples and homes of people who are asked.
_SALIENT = 0.2
#: The share of the articles with a name that have it as a place's, from which it is one.
_PLACE = 0.8
#: How often as many people live in what a bare name means as in all others of that name; a capital needs no such lead.
_LEAD = 2.0
#: What is too wide for a point, by the tagger's table.
_WIDE = {"continent", "ocean", "sea", "region", "desert", "former country", "group of countries"}
#: Points of regions that the tagger's table has none for: about their middle.
_MIDDLES = {
    "place:donbas": (48.0, 38.0), "place:kashmir": (34.1, 74.8), "place:tibet": (29.7, 91.1),
    "place:xinjiang": (41.0, 85.0), "place:chechnya": (43.3, 45.7), "place:catalonia": (41.7, 1.8),
    "place:bavaria": (48.9, 11.4), "place:quebec": (46.8, -71.2), "place:ontario": (44.0, -79.5),
    "place:british-columbia": (49.7, -122.9), "place:alberta": (52.3, -113.8), "place:new-south-wales": (-33.3, 150.5),
    "place:queensland": (-25.6, 152.0), "place:tasmania": (-42.4, 147.0), "place:darfur": (13.5, 24.5),
    "place:tigray": (13.8, 39.0), "place:siberia": (58.0, 90.0), "place:strait-of-hormuz": (26.6, 56.5),
    "place:taiwan-strait": (24.5, 119.5), "place:suez-canal": (30.5, 32.3), "place:panama-canal": (9.1, -79.7),
}  # fmt: skip
#: Seats of government, by the city that they stand for.
_SEATS = {
    "place:white-house": "place:washington-us", "place:capitol-hill": "place:washington-us",
    "place:kremlin": "place:moscow-ru", "place:downing-street": "place:london-gb",
}  # fmt: skip
_WITHIN = re.compile(r"(?:of|in) (?:the )?(.+?)(?: \(.*|$)")
_CITY = re.compile(r"capital of |city in ")


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """A point of the map, in degrees, north and east positive.

    ``id``: the tagger's for what the name means first (``place:birmingham-gb``), else one of its own
    (``place:birmingham-us-al``). ``country``: its ISO 3166-1 code, small, ``area`` its state's id; "": not known.
    """

    id: str
    name: str
    kind: str
    country: str
    latitude: float
    longitude: float
    area: str = ""
    people: int = 0


@dataclass(slots=True)
class _Atlas:
    places: dict[str, Place] = field(default_factory=dict)
    #: By the tagger's id: all that share its name, itself among them.
    shared: dict[str, list[Place]] = field(default_factory=lambda: defaultdict(list))
    #: Ids by names, folded, that the tagger does not know.
    names: dict[str, str] = field(default_factory=dict)


def place(id_: str) -> Place | None:
    """The point of this id; None: there is none.

    >>> place("place:ua").name, place("place:europe")
    ('Ukraine', None)
    """
    return _atlas().places.get(id_)


def located(story: Story) -> tuple[Place, ...]:
    """Where a story happens: of its salient places at most ``MOST_POINTS``, those of most articles first.

    >>> kyiv = StoryEntity(id="place:kyiv-ua", name="Kyiv", type="LOC", salience=0.6)
    >>> [each.name for each in located(Story(id="s", entities=(kyiv,), article_count=1))]
    ['Kyiv']
    """
    entities = [entity for entity in story.entities if _is_place(entity)]
    least = story.article_count * _SALIENT
    if not any(entity.salience >= least for entity in entities):
        return ()
    people = fold(" | ".join(["", *(each.name for each in story.entities if each.type == "PER" and " " in each.name)]))
    named: list[tuple[StoryEntity, list[Place]]] = []
    near: Counter[str] = Counter()
    for entity in entities:
        found = _meant(entity)
        if not found or f" {fold(entity.name)} " in f"{people} ":
            continue
        named.append((entity, found))
        if len(found) == 1 and found[0].name.lower() not in common_words(DEFAULT):
            near.update({found[0].country, found[0].area} - {""})
    near.update(each.id.removeprefix("demonym:") for each in story.entities if each.id.startswith("demonym:"))
    chosen = [_chosen(found, near) for entity, found in named if entity.salience >= least]
    return tuple(dict.fromkeys(each for each in chosen if each is not None))[:MOST_POINTS]


def _is_place(entity: StoryEntity) -> bool:
    if entity.type != "LOC":
        return False
    if not entity.parts:
        return True
    articles = [(part.type == "LOC", part.articles) for part in entity.parts]
    return sum(count for is_place, count in articles if is_place) >= _PLACE * sum(count for _, count in articles)


def _meant(entity: StoryEntity) -> list[Place]:
    """What the name may mean, first what it means by itself."""
    atlas = _atlas()
    for part in entity.parts or (entity,):
        known = atlas.places.get(_SEATS.get(part.id, part.id))
        # "Ky." is Kentucky: its id, made of its name, is that of a country by chance.
        if known is None or (known.name != part.name and part.id not in _SEATS):
            known = atlas.places.get(atlas.names.get(fold(part.name).replace(".", ""), ""))
        if part.type == "LOC" and known is not None:
            return atlas.shared.get(known.id) or [known]
    return []


def _chosen(found: Sequence[Place], near: Counter[str]) -> Place | None:
    """The one of places with one name that the story's other places tell, of several the one that news means; None:
    that cannot be told. A state tells more than a country does; a town called by a word needs either.
    """
    told = [2 * (near[each.area] > 0) + (near[each.country] > 0) for each in found]
    left = [each for each, score in zip(found, told, strict=True) if score == max(told)]
    first, *others = left
    if max(told) == 0 and first.kind != "country" and first.name.lower() in common_words(DEFAULT):
        return None
    # A state of the name of a city is called otherwise by who means it; one of the name of a country is not.
    rivals = sum(each.people for each in others if each.kind != "state" or first.kind == "country")
    return first if first.people >= (1.0 if first.kind == "capital" else _LEAD) * rivals else None


@cache
def _atlas() -> _Atlas:
    """All of it, read once a process."""
    known = table(DEFAULT)
    atlas = _Atlas()
    for identity in known.by_id.values():
        if identity.type == "LOC" and (made := _place(identity, known)) is not None:
            atlas.places[made.id] = made
    for key, id_, country, area, people, latitude, longitude in _rows("namesakes.tsv"):
        own = atlas.places.get(id_)
        if own is None:
            where = known.by_id[area].name if area else _country_name(known, country)
            own = Place(id=id_, name=f"{known.by_id[key].name}, {where}", kind="city", country=country,
                        latitude=float(latitude), longitude=float(longitude))  # fmt: skip
        atlas.places[id_] = replace(own, area=area, people=int(people))
        atlas.shared[key].append(atlas.places[id_])
    atlas.names = dict(_rows("names.tsv"))
    return atlas


def _place(identity: Identity, known: AliasTable) -> Place | None:
    latitude, longitude = _MIDDLES.get(identity.id, (identity.latitude, identity.longitude))
    detail = identity.detail or ""
    if latitude is None or longitude is None or detail in _WIDE:
        return None
    kind = "region"
    within = _WITHIN.search(detail)
    holder = known.find(within.group(1)) if within else None
    country = (holder.link or "").removeprefix("iso:").lower() if holder and holder.type == "LOC" else ""
    if (identity.link or "").startswith("iso:"):
        kind, country = "country", identity.id.removeprefix("place:")
    elif _CITY.match(detail):
        kind, country = detail.split()[0], identity.id.rpartition("-")[2]
    elif detail.startswith("state"):
        kind = "state"
    return Place(
        id=identity.id,
        name=identity.name,
        kind=kind,
        country=country if len(country) == 2 else "",
        latitude=latitude,
        longitude=longitude,
        area=identity.id if kind == "state" else "",
    )


def _country_name(known: AliasTable, code: str) -> str:
    found = known.by_id.get(f"place:{code}")
    return found.name if found else code.upper()


def _rows(name: str) -> Iterator[list[str]]:
    text = files("streams.dashboard.store").joinpath(name).read_text("utf-8")
    return (line.split("\t") for line in text.splitlines() if not line.startswith("#"))
