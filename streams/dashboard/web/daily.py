"""Pages for daily use beside the list and the story: an outlet, two outlets on a story, digests, the map."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from math import sqrt

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from streams.dashboard.store import counts, digest, outlets, queries
from streams.dashboard.store.filters import CURRENT, LONGEST, BadRequestError, Filter, decode_cursor
from streams.dashboard.web.compare import COMPARED, compare
from streams.dashboard.web.pages import ROWS, Pages, current_story, shown_names
from streams.dashboard.web.worldmap import BOTTOM, WIDTH, projected
from streams.text import path_part

#: Path → its name, seconds that it looks back, and stories that it tells: what a page or two of paper hold.
DIGESTS = {"/digest": ("Today", 86_400, 20), "/digest/week": ("This week", 7 * 86_400, 40)}

#: Radius of a point by the stories that happen there: the area grows with them, up to what still leaves others room.
_LEAST_RADIUS, _BY_STORY, _LARGEST = 3.0, 2.0, 24.0


class Daily:
    """Handlers of these pages, over those of the others."""

    def __init__(self, pages: Pages) -> None:
        self.pages, self.context = pages, pages.context

    async def outlet(self, request: Request) -> Response:
        """What an outlet carries, how original and how early it is, and whom it shares stories with."""
        context, now = self.context, self.context.clock()
        about = outlets.about(context.index, request.path_params["name"])
        if about is None:
            return self.pages.missing("outlet")
        wanted = Filter(outlet=about.name)
        after = decode_cursor(request.query_params.get("cursor", ""))
        page = queries.page(context.index, wanted, now=now, after=after, limit=ROWS)
        found = counts.facets(context.index, wanted, now=now)
        return self.pages.respond(
            request.headers,
            "outlet.html",
            about=about,
            rows=page.rows,
            cursor=page.cursor,
            wanted=wanted,
            days=found.days[::-1],
            names=found.entities,
            company=[(name, stories) for name, stories in found.outlets if name != about.name],
        )

    async def compare(self, request: Request) -> Response:
        """Two outlets on a story, ``one`` and ``other``: what each has that the other leaves out."""
        context = self.context
        story_id, query = request.path_params["id"], request.query_params
        kept = context.index.lookup(current_story(context, story_id))
        if kept is None or kept.story.status == "retracted":
            return self.pages.missing("story", retracted=kept is not None)
        story = kept.story
        if story.id != story_id:
            return RedirectResponse(f"/story/{path_part(story.id)}/compare?{query}", status_code=307)
        asked = [query.get(name, "") for name in ("one", "other")]
        if max(map(len, asked)) > LONGEST or len(set(asked)) < 2:
            raise BadRequestError(f"one and other are two outlets, of {LONGEST} characters at most")
        one, other = (queries.members(context.index, story.id, limit=COMPARED, outlet=name) for name in asked)
        if not one or not other:
            return self.pages.missing("outlet in this story")
        full = await context.articles.read([*one, *other])
        return self.pages.respond(
            request.headers,
            "compare.html",
            story=story,
            found=await asyncio.to_thread(compare, story, one, other, full),
            names=shown_names(story, full.values()),
            most=COMPARED,
        )

    async def digest(self, request: Request) -> Response:
        """The largest stories of the 24 hours, or the seven days, to now."""
        title, seconds, most = DIGESTS[request.url.path]
        now = self.context.clock()
        return self.pages.respond(
            request.headers,
            "digest.html",
            title=title,
            since=now - seconds,
            spans=[(path, name) for path, (name, *_) in DIGESTS.items()],
            stories=digest.largest(self.context.index, since=now - seconds, now=now, limit=most),
            base=str(request.base_url).rstrip("/"),
        )

    async def map(self, request: Request) -> Response:
        """Where stories happen: those of the list with the same filters, by default those of now."""
        context, now = self.context, self.context.clock()
        wanted = Filter.parse(request.query_params)
        if "phase" not in request.query_params:
            wanted = replace(wanted, phase=CURRENT)
        found = counts.located(context.index, wanted, now=now)
        points = [
            (place, stories, projected(place.latitude, place.longitude), radius(stories))
            for place, stories in found.points
        ]
        return self.pages.respond(
            request.headers,
            "map.html",
            wanted=wanted,
            found=found,
            points=points,
            size=(WIDTH, BOTTOM),
            spans=[(CURRENT, "Now"), ("", "All")],
            counted=counts.COUNTED,
        )


def radius(stories: int) -> float:
    """Of a point on the map, in units of the drawing.

    >>> radius(1), radius(16), radius(10_000)
    (5.0, 11.0, 24.0)
    """
    return min(_LARGEST, _LEAST_RADIUS + _BY_STORY * sqrt(stories))
