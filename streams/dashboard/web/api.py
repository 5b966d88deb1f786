"""The JSON API under /api/v1, and the Atom feeds. Lists have cursors, answers have ETags, errors are RFC 9457."""

from __future__ import annotations

from dataclasses import replace

from starlette.requests import Request
from starlette.responses import Response

from streams.contracts import codec
from streams.dashboard.follow.broadcast import decode_offsets, encode_offsets
from streams.dashboard.store import counts, entities, outlets, queries, search
from streams.dashboard.store.filters import (
    LONGEST,
    BadRequestError,
    Filter,
    decode_cursor,
    parse_limit,
    parse_sure,
)
from streams.dashboard.store.queries import LoggedEvent, MemberRow, Row
from streams.dashboard.web import feeds
from streams.dashboard.web.context import AppContext
from streams.dashboard.web.http import problem, with_etag
from streams.dashboard.web.pages import ROWS, current_story
from streams.dashboard.web.render import date, iso, shown
from streams.dashboard.web.watching import PATIENT
from streams.query import QueryError, parse
from streams.stages.cluster import Storyline

#: The most that one answer lists.
MOST = 200


class Api:
    """Handlers of the API, over one context."""

    def __init__(self, context: AppContext) -> None:
        self.context = context
        self._respond = with_etag(_json)
        self._feed = with_etag(_atom)

    async def stories(self, request: Request) -> Response:
        context, query = self.context, request.query_params
        wanted = Filter.parse(query)
        if request.url.path.endswith("/search"):
            _require_query(wanted.q)
        page = queries.page(
            context.index,
            wanted,
            now=context.clock(),
            after=decode_cursor(query.get("cursor", "")),
            limit=parse_limit(query, default=ROWS, most=MOST),
        )
        answer: dict[str, object] = {"stories": [brief(row) for row in page.rows], "cursor": page.cursor}
        if query.get("facets") == "true":
            answer["facets"] = counted(counts.facets(context.index, wanted, now=context.clock()))
        return self._respond(request.headers, answer)

    async def map(self, request: Request) -> Response:
        """Where the stories happen that a list with the same filters has."""
        context = self.context
        found = counts.located(context.index, Filter.parse(request.query_params), now=context.clock())
        answer = {
            "places": [
                {
                    "id": place.id,
                    "name": place.name,
                    "kind": place.kind,
                    "country": place.country.upper() or None,
                    "latitude": place.latitude,
                    "longitude": place.longitude,
                    "stories": stories,
                }
                for place, stories in found.points
            ],
            "stories": found.stories,
            "located": found.located,
        }
        return self._respond(request.headers, answer)

    async def similar(self, request: Request) -> Response:
        """More like a story: those that name what it does."""
        context = self.context
        kept = context.index.lookup(current_story(context, request.path_params["id"]))
        if kept is None or kept.story.status == "retracted":
            return problem(404, "there is no such story, or it was taken back")
        limit = parse_limit(request.query_params, default=10, most=ROWS)
        found = counts.similar(context.index, kept.story, now=context.clock(), limit=limit)
        rows = [brief(each.row) | {"score": each.score, "shared": each.shared} for each in found]
        return self._respond(request.headers, {"stories": rows})

    async def story(self, request: Request) -> Response:
        context = self.context
        kept = context.index.lookup(request.path_params["id"])
        if kept is None or kept.story.status == "retracted":
            return problem(404, "there is no such story, or it was taken back")
        row = queries.row_of(context.index, kept, now=context.clock())
        line = queries.storyline_of(context.index, kept.story)
        return self._respond(request.headers, brief(row) | {"story": kept.story, "storyline": line and told(line)})

    async def articles(self, request: Request) -> Response:
        """The articles of a story, newest first; ``sure`` leaves out those whose text is likely to be bad."""
        context, query = self.context, request.query_params
        story_id = current_story(context, request.path_params["id"])
        if context.index.lookup(story_id) is None:
            return problem(404, "there is no such story")
        limit = parse_limit(query, default=ROWS, most=MOST)
        after = decode_cursor(query.get("cursor", ""))
        found = queries.members(context.index, story_id, limit=limit, after=after, sure=parse_sure(query))
        cursor = queries.members_cursor(found, limit)
        return self._respond(request.headers, {"articles": [placed(member) for member in found], "cursor": cursor})

    async def article(self, request: Request) -> Response:
        context = self.context
        member = queries.member(context.index, request.path_params["id"])
        if member is None:
            return problem(404, "there is no such article, or it was taken back")
        full = (await context.articles.read([member])).get(member.entry.id)
        answer = placed(member) | {"story_id": current_story(context, member.story_id), "article": full}
        return self._respond(request.headers, answer)

    async def entity(self, request: Request) -> Response:
        about = entities.about(self.context.index, request.path_params["id"])
        if about is None:
            return problem(404, "there is no such entity")
        company = entities.company(self.context.index, about.id, limit=24)
        return self._respond(request.headers, {"entity": about, "named_with": company})

    async def outlet(self, request: Request) -> Response:
        """What an outlet carries, how original and how early it is."""
        about = outlets.about(self.context.index, request.path_params["name"])
        if about is None:
            return problem(404, "there is no such outlet")
        found = counts.facets(self.context.index, Filter(outlet=about.name), now=self.context.clock())
        others = [each for each in told_outlets(found) if each["outlet"] != about.name]
        return self._respond(request.headers, {"outlet": about, "shares_with": others, "names": found.entities})

    async def events(self, request: Request) -> Response:
        """The log from a cursor on: its own offsets, so that every dashboard on it understands them."""
        query = request.query_params
        offsets = decode_offsets(query.get("cursor", ""))
        if offsets is None:
            raise BadRequestError("cursor is not one that this server gave")
        found = queries.events_after(self.context.index, offsets, limit=parse_limit(query, default=ROWS, most=MOST))
        for event in found:
            offsets[event.partition] = max(event.offset, offsets.get(event.partition, -1))
        answer = {"events": [_event(event) for event in found], "cursor": encode_offsets(offsets)}
        return self._respond(request.headers, answer)

    async def health(self, request: Request) -> Response:
        status, health = self.context.broadcaster.status, self.context.health
        told = {
            "kafka": {"connected": status.connected, "since": iso(status.since)},
            "caught_up": status.caught_up,
            "position": encode_offsets(self.context.index.offsets),
            "index": {
                "kept": health.kept,
                "resumed_from": health.resumed and {"at": iso(health.resumed[0]), "position": health.resumed[1]},
                "records_read": health.read,
            },
            "requests": self.context.requests,
            "skipped": {"records": health.skipped, "last": health.last_skipped or None},
            "stages": health.report(self.context.clock()),
        }
        return self._respond(request.headers, told, 200 if status.connected else 503)

    async def openapi(self, request: Request) -> Response:
        from streams.dashboard.web.openapi import DOCUMENT

        return self._respond(request.headers, DOCUMENT)

    async def feed(self, request: Request) -> Response:
        """Atom: the newest stories of a search."""
        wanted, now = Filter.parse(request.query_params), self.context.clock()
        found = queries.page(self.context.index, wanted, now=now, limit=ROWS).rows
        rows = [replace(row, story=kept.story) for row in found if (kept := self.context.index.lookup(row.story.id))]
        title = "News Streams" + "".join(f" · {shown(value)}" for value in wanted.given().values())
        base = str(request.base_url).rstrip("/")
        text = feeds.stories_feed(rows, base=base, self_url=str(request.url), title=title, now=now)
        return self._feed(request.headers, text)

    async def alerts_feed(self, request: Request) -> Response:
        """Atom: the newest alerts, of one watch where ``watch`` names it."""
        context, watch = self.context, request.query_params.get("watch", "")
        if len(watch) > LONGEST:
            raise BadRequestError(f"watch is longer than {LONGEST} characters")
        watching = await context.watching(PATIENT)
        found = [each.alert for each in (watching.of(watch) if watch else watching.alerts)[:ROWS]]
        base = str(request.base_url).rstrip("/")
        title = "News Streams · alerts" + (f" · {shown(watch)}" if watch else "")
        text = feeds.alerts_feed(found, base=base, self_url=str(request.url), title=title, now=context.clock())
        return self._feed(request.headers, text)

    async def story_feed(self, request: Request) -> Response:
        """Atom: the articles of a story."""
        context = self.context
        kept = context.index.lookup(current_story(context, request.path_params["id"]))
        if kept is None or kept.story.status == "retracted":
            return problem(404, "there is no such story, or it was taken back")
        found = queries.members(context.index, kept.story.id, limit=ROWS)
        base = str(request.base_url).rstrip("/")
        text = feeds.story_feed(kept.story, found, base=base, self_url=str(request.url), now=context.clock())
        return self._feed(request.headers, text)


def _require_query(q: str) -> None:
    """Raises ``BadRequestError`` for what is no query over a list of stories, and says where."""
    if not q:
        raise BadRequestError("search wants words in q")
    try:
        search.condition(parse(q, open_end=True), 0.0)
    except QueryError as error:
        raise BadRequestError(f"q: {error}") from None


def brief(row: Row) -> dict[str, object]:
    """A story as lists of the API have it."""
    story = row.story
    return {
        "id": story.id,
        "headline": story.headline,
        "lead": [{"text": one.text, "article_id": one.article_id, "outlet": one.outlet} for one in story.lead],
        "status": story.status,
        "redirect_to": story.redirect_to,
        "phase": row.phase,
        "active": iso(row.active),
        "newest": iso(row.newest),
        "article_count": story.article_count,
        "outlets": story.outlets,
        "origins": story.origins,
        "storyline_id": story.storyline or None,
        "sources": story.sources,
        "languages": story.languages,
        "entities": [{"id": each.id, "name": each.name, "type": each.type} for each in story.entities],
        "articles_per_hour": row.spark,
    }


def counted(found: counts.Facets) -> dict[str, object]:
    """A search's counts, with days as dates."""
    days = [{"day": date(day), "stories": number} for day, number in found.days]
    return {"entities": found.entities, "outlets": told_outlets(found), "days": days}


def told_outlets(found: counts.Facets) -> list[dict[str, object]]:
    return [{"outlet": name, "stories": number} for name, number in found.outlets]


def told(line: Storyline) -> dict[str, object]:
    """A storyline: its chapters in the order of their events."""
    return {
        "id": line.id,
        "headline": line.headline,
        "first_seen": line.first_seen,
        "last_seen": line.last_seen,
        "people": [{"id": each.id, "name": each.name} for each in line.people],
        "chapters": [
            {
                "id": one.id,
                "headline": one.headline,
                "first_seen": one.first_seen,
                "last_seen": one.last_seen,
                "article_count": one.article_count,
                "links": one.links,
            }
            for one in line.chapters
        ],
    }


def placed(member: MemberRow) -> dict[str, object]:
    """An article and why it is where it is."""
    entry = member.entry
    return {
        "id": entry.id,
        "title": entry.title,
        "outlet": entry.outlet,
        "credit": entry.credit,
        "origin": entry.origin,
        "url": entry.url,
        "language": entry.language,
        "published": entry.published,
        "at": iso(member.at),
        "revision": entry.revision,
        "confidence": entry.confidence,
        "quotes": entry.quotes,
        "evidence": member.evidence,
    }


def _event(event: LoggedEvent) -> dict[str, object]:
    return {
        "id": event.id,
        "type": event.type,
        "story_id": event.story_id,
        "other_id": event.other_id,
        "article_id": event.article_id,
        "title": event.title,
        "outlet": event.outlet,
        "moved": event.moved,
        "at": None if event.at is None else iso(event.at),
        "arrived": iso(event.arrived),
        "partition": event.partition,
        "offset": event.offset,
        "evidence": event.evidence,
        "linked": event.linked,
        "mended": event.mended,
    }


def _json(value: object, status: int = 200) -> Response:
    return Response(codec.encode(value), status, media_type="application/json")


def _atom(text: str) -> Response:
    return Response(text, media_type="application/atom+xml")
