"""Pages for daily use beside the list and the story: an outlet, and the digests of a day and a week."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response

from streams.dashboard.store import counts, digest, outlets, queries
from streams.dashboard.store.filters import Filter, decode_cursor
from streams.dashboard.web.pages import ROWS, Pages

#: Path → its name, seconds that it looks back, and stories that it tells: what a page or two of paper hold.
DIGESTS = {"/digest": ("Today", 86_400, 20), "/digest/week": ("This week", 7 * 86_400, 40)}


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
