"""The HTML pages. They work without JavaScript; ``static/live.js`` only brings them up to date."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from urllib.parse import urlencode

from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response, StreamingResponse

from streams.contracts.records import Story, StoryArticle, StoryEntity, TaggedArticle
from streams.contracts.redirects import resolve_redirect
from streams.dashboard.follow.broadcast import decode_offsets, encode_offsets
from streams.dashboard.follow.health import BAR, BARS, failures
from streams.dashboard.store import atlas, counts, entities, queries
from streams.dashboard.store.filters import CURRENT, Filter, decode_cursor, parse_sure
from streams.dashboard.store.queries import MemberRow
from streams.dashboard.web import feeds
from streams.dashboard.web.context import AppContext
from streams.dashboard.web.editors import COOKIE
from streams.dashboard.web.http import problem, with_etag
from streams.dashboard.web.narrowing import narrowing
from streams.dashboard.web.quotes import Said, SharedQuote, shared_quotes
from streams.dashboard.web.render import KINDS, MOST_SHOWN, paragraphs, shown
from streams.dashboard.web.tabs import mark_read, tab, tabs, with_unread
from streams.dashboard.web.watching import IN_PASSING, PATIENT
from streams.query.times import PHASES, showable
from streams.stages.cluster.lifecycle.present import own_origin
from streams.stages.cluster.telling import points
from streams.text import path_part

#: Stories a page; members that a story's page shows at once; steps of its log; entities of a kind; stories like it.
ROWS, MEMBERS, EVENTS, NAMES, ALIKE = 50, 60, 60, 16, 5
#: Steps of people's corrections that a page looks back on.
MENDED = 200
#: Members whose full text is read for a story's shared quotations: those that a snapshot lists.
QUOTED = 24


class Pages:
    """Handlers of the pages, over one context."""

    def __init__(self, context: AppContext) -> None:
        self.context = context
        self.respond = with_etag(self._render)

    async def stories(self, request: Request) -> Response:
        """The list, and for open pages its rows alone (``/rows``)."""
        context, now = self.context, self.context.clock()
        wanted = Filter.parse(request.query_params)
        after = decode_cursor(request.query_params.get("cursor", ""))
        page = queries.page(context.index, wanted, now=now, after=after, limit=ROWS)
        rows_only = request.url.path == "/rows"
        about = entities.about(context.index, wanted.entity) if wanted.entity else None
        return self.respond(
            request.headers,
            "rows.html" if rows_only else "stories.html",
            rows=page.rows,
            cursor=page.cursor,
            first=after is None,
            wanted=wanted,
            about=about,
            place=atlas.place(wanted.place) if wanted.place else None,
            total=queries.count(context.index, wanted, now=now),
            phases=(CURRENT, *PHASES),
            narrowing={} if rows_only else narrowing(context.index, wanted, now=now),
            counted=counts.COUNTED,
            has_editors=context.editors is not None,
            tabs=[] if rows_only else tabs(await context.watching(IN_PASSING), request.cookies),
            **context.facets(),
        )

    async def story(self, request: Request, *, story_id: str = "", refused: str = "", status: int = 200) -> Response:
        """A story's page: the path's, or that of ``story_id``. ``refused``: why what its reader asked was not done."""
        context, now = self.context, self.context.clock()
        story_id = story_id or request.path_params["id"]
        session = context.editors and context.editors.session(request.cookies.get(COOKIE, ""))
        kept = context.index.lookup(story_id)
        if kept is None or kept.story.status == "retracted":
            return self.missing("story", retracted=kept is not None)
        if kept.story.redirect_to:
            now_in = path_part(current_story(context, story_id))
            return RedirectResponse(f"/story/{now_in}?{urlencode({'merged': story_id})}", status_code=307)
        after = decode_cursor(request.query_params.get("cursor", ""))
        sure = parse_sure(request.query_params)
        members = queries.members(context.index, story_id, limit=MEMBERS, after=after, sure=sure)
        full = await context.articles.read(members[:QUOTED])
        row = queries.row_of(context.index, kept, now=now)
        line = queries.storyline_of(context.index, kept.story)
        chapters = {one.id for one in line.chapters} if line else set()
        corrections = queries.corrections(context.index, story_id, limit=MENDED)
        respond = self.private if session else partial(self.respond, request.headers)
        return respond(
            "story.html",
            status=status,
            refused=refused,
            session=session,
            has_editors=context.editors is not None,
            corrections=corrections,
            done=request.query_params.get("done"),
            row=row,
            story=kept.story,
            merged=request.query_params.get("merged"),
            members=members,
            sure=sure,
            cursor=queries.members_cursor(members, MEMBERS),
            first=after is None,
            kinds=by_kind(kept.story.entities),
            names=shown_names(kept.story, full.values()),
            quotes=await asyncio.to_thread(story_quotes, members, full),
            points=told_differently(kept.story),
            origins=origins(members),
            line=line,
            alike=counts.similar(context.index, kept.story, now=now, limit=ALIKE, besides=chapters)
            if after is None
            else [],
            events=queries.story_events(context.index, story_id, limit=EVENTS),
            linked=feeds.linked_data(kept.story, row.newest),
            oldest=kept.oldest,
        )

    async def corrections(self, request: Request) -> Response:
        """What people corrected last, in whichever story; also the way back to one that is in no list any more."""
        made = queries.corrections(self.context.index, limit=MENDED)
        stories = {each.story_id: kept.story for each in made if (kept := self.context.index.lookup(each.story_id))}
        return self.respond(request.headers, "corrections.html", corrections=made, stories=stories)

    async def article(self, request: Request) -> Response:
        context, article_id = self.context, request.path_params["id"]
        member = queries.member(context.index, article_id)
        if member is None:
            return self.missing("article")
        article = (await context.articles.read([member])).get(article_id)
        kept = context.index.lookup(current_story(context, member.story_id))
        return self.respond(
            request.headers,
            "article.html",
            member=member,
            article=article,
            story=kept.story if kept else None,
            paragraphs=await asyncio.to_thread(lambda: list(paragraphs(article))) if article else [],
            longer=len(article.text) > MOST_SHOWN if article else False,
            names={entity.id: entity.name for entity in article.entities} if article else {},
            audit=await context.articles.audit(member),
        )

    async def entity(self, request: Request) -> Response:
        context, now = self.context, self.context.clock()
        about = entities.about(context.index, request.path_params["id"])
        if about is None:
            return self.missing("entity")
        wanted = Filter(entity=about.id)
        page = queries.page(
            context.index, wanted, now=now, after=decode_cursor(request.query_params.get("cursor", "")), limit=ROWS
        )
        return self.respond(
            request.headers,
            "entity.html",
            about=about,
            rows=page.rows,
            cursor=page.cursor,
            wanted=wanted,
            days=entities.days(context.index, about.id),
            company=entities.company(context.index, about.id, limit=24),
        )

    async def watch(self, request: Request) -> Response:
        """The newest alerts of a watch, which its reader has seen thereby."""
        watching, name = await self.context.watching(PATIENT), request.path_params["id"]
        watch = next((each for each in watching.watches if each.id == name), None)
        if watch is None:
            return self.missing("watch")
        own = tab(watching, watch, request.cookies)
        others = tabs(watching, request.cookies)
        editors = self.context.editors
        session = editors and editors.session(request.cookies.get(COOKIE, ""))
        respond = self.private if session else partial(self.respond, request.headers)
        response = respond("watch.html", tab=own, tabs=others, session=session, has_editors=editors is not None)
        mark_read(response, own)
        return response

    async def health(self, request: Request) -> Response:
        stages = self.context.health.report(self.context.clock())
        return self.respond(
            request.headers,
            "stages.html" if request.url.path == "/health/stages" else "health.html",
            stages=stages,
            minutes=BAR * BARS // 60,
            streams=self.context.broadcaster.streams,
            requests=self.context.requests,
            health=self.context.health,
            failures=failures(stages),
        )

    async def api(self, request: Request) -> Response:
        from streams.dashboard.web.openapi import DOCUMENT

        return self.respond(request.headers, "api.html", document=DOCUMENT)

    async def live(self, request: Request) -> Response:
        """The server-sent events of a list, or with ``story`` of a story's page. Resumes at ``Last-Event-ID``."""
        broadcaster, query = self.context.broadcaster, request.query_params
        client = request.client.host if request.client else ""
        if not broadcaster.admits(client, self.context.streams_per_client):
            return problem(503, "too many streams are open; try again later", {"retry-after": "10"})
        since = request.headers.get("last-event-id", query.get("since"))
        offsets = None if since is None else decode_offsets(since)
        story = query.get("story")
        events = broadcaster.story(story, offsets) if story else broadcaster.stories(Filter.parse(query), offsets)
        return StreamingResponse(
            broadcaster.guard(with_unread(events, self.context.watching, request.cookies), client),
            media_type="text/event-stream",
            headers={"cache-control": "no-store", "x-accel-buffering": "no"},
        )

    def private(self, template: str, /, *, status: int = 200, **values: object) -> Response:
        """A page for one person, which nobody keeps."""
        answer = self._render(template, status=status, **values)
        answer.headers["cache-control"] = "no-store"
        return answer

    def missing(self, what: str, *, retracted: bool = False) -> Response:
        return self._render("missing.html", status=404, what=what, retracted=retracted, detail="")

    def refused(self, detail: str) -> Response:
        return self._render("missing.html", status=400, what="page", retracted=False, detail=detail)

    def _render(self, template: str, /, *, status: int = 200, **values: object) -> Response:
        broadcaster = self.context.broadcaster
        body = self.context.templates.get_template(template).render(
            now=self.context.clock(),
            status=broadcaster.status,
            offsets=encode_offsets(broadcaster.index.offsets),
            page=template,
            **values,
        )
        return HTMLResponse(body, status)


def current_story(context: AppContext, story_id: str) -> str:
    """The story that this one is now, redirects followed."""

    def redirect_of(id_: str) -> str | None:
        kept = context.index.lookup(id_)
        return kept.story.redirect_to if kept else None

    return resolve_redirect(story_id, redirect_of)


def shown_names(story: Story, articles: Iterable[TaggedArticle]) -> dict[str, str]:
    """Id → name of the entities of a story and of its articles."""
    return {part.id: entity.name for entity in story.entities for part in entity.parts or (entity,)} | {
        entity.id: entity.name for article in articles for entity in article.entities
    }


def by_kind(entities: Sequence[StoryEntity]) -> dict[str, list[StoryEntity]]:
    """Entities under People, Places, Organisations, Also: those in most articles first, capped."""
    found: dict[str, list[StoryEntity]] = {label: [] for label in KINDS.values()}
    for entity in entities:
        if len(found[KINDS[entity.type]]) < NAMES:
            found[KINDS[entity.type]].append(entity)
    return {label: names for label, names in found.items() if names}


def story_quotes(members: Sequence[MemberRow], full: dict[str, TaggedArticle]) -> list[SharedQuote]:
    """The quotations that several outlets carry: from the full articles where they can be had, else the entries'."""
    said: list[Said] = []
    for member in reversed(members):
        article = full.get(member.entry.id)
        for quote in article.quotes if article else member.entry.quotes:
            name = shown(member.entry.outlet) or "unknown outlet"
            said.append(Said(article_id=member.entry.id, outlet=name, text=shown(quote.text), speaker=quote.speaker))
    return shared_quotes(said)


def told_differently(story: Story) -> list[dict[str, object]]:
    """What outlets count, date or spell differently, as the page shows it: the values in order, and who says what."""
    return [
        {
            "title": points.title(point),
            "history": points.history(point),
            "how": point.how,
            "said": [
                replace(one, at=one.at and datetime.fromtimestamp(showable(one.at.timestamp()), UTC))
                for one in point.said
            ],
        }
        for point in points.differing(story)
    ]


def origins(members: Sequence[MemberRow]) -> list[tuple[str | None, list[MemberRow]]]:
    """The articles by whose reporting they are (None: nobody says), the largest group first, newest articles first.

    An article without an origin is its own. Near-copies are of whoever is credited or published it before the others.
    """
    groups: dict[str, list[MemberRow]] = {}
    for member in members:
        groups.setdefault(member.entry.origin or f"article:{member.entry.id}", []).append(member)
    ordered = sorted(groups.items(), key=lambda group: (-len(group[1]), group[0]))
    return [(_whose(origin, [member.entry for member in group]), group) for origin, group in ordered]


def _whose(origin: str, entries: Sequence[StoryArticle]) -> str | None:
    entry = next((entry for entry in entries if own_origin(entry) == origin), entries[-1])
    return entry.credit or entry.source
