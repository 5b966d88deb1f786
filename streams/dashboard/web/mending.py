"""Mending in the browser: logging in, and the forms of a story's page, each of which becomes a correction."""

from __future__ import annotations

import asyncio
import logging
import re
import secrets
import uuid
from datetime import UTC, datetime
from urllib.parse import urlencode

from aiokafka.errors import KafkaError
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from streams.contracts import codec
from streams.contracts.records import Action, Correction, Decision, Rejection, Story
from streams.dashboard.store import queries
from streams.dashboard.web import forms
from streams.dashboard.web.context import AppContext
from streams.dashboard.web.editors import COOKIE, LIFE, Editors, Session, TooManyGuessesError
from streams.dashboard.web.forms import Form, one
from streams.dashboard.web.pages import Pages, current_story
from streams.kafka.access import refusal
from streams.text import id_of, path_part

log = logging.getLogger(__name__)

#: Seconds for a correction to be decided, and then for this dashboard to have read it: below what an answer may take.
PATIENCE, READING = 12.0, 3.0
#: How often the index is looked at meanwhile.
_LOOKS = 60
#: Corrections under way at once.
_AT_ONCE = 4
_STORY_PATH = re.compile(r"/story/[^/?#\\\s]+")
#: Where a login may lead: a story, a watch, and what a search would watch.
_WAY_BACK = re.compile(_STORY_PATH.pattern + r"|/watch/[^/?#\\\s]+|/watches/new(?:\?query=[^?#\\\s]*)?")


class UnknownActionError(Exception):
    """A form that is none of ours."""


class Mending:
    """Handlers of the forms, over one context that has editors."""

    def __init__(self, context: AppContext, pages: Pages, editors: Editors) -> None:
        self._context, self._pages, self._editors = context, pages, editors
        self._turns = asyncio.Semaphore(_AT_ONCE)

    async def login(self, request: Request) -> Response:
        """The page to log in on, and what its form is posted to."""
        if request.method != "POST":
            return self.login_page(request, _way_back(request.query_params.get("next", "")))
        form = await forms.read(request)
        if form is None:
            return self._pages.refused("this form cannot be read")
        way_back, client = _way_back(one(form, "next")), request.client.host if request.client else ""
        try:
            id_ = await self._editors.log_in(one(form, "name"), one(form, "password"), client)
        except TooManyGuessesError:
            said = "Too many wrong passwords. Try again in a minute."
            return self.login_page(request, way_back, said=said, status=429)
        if id_ is None:
            log.warning("a wrong name or password to mend with, from %s", client)
            return self.login_page(request, way_back, said="The name or the password is wrong.", status=403)
        self._editors.log_out(request.cookies.get(COOKIE, ""))
        answer = RedirectResponse(way_back, status_code=303)
        _keep(answer, request, id_, int(LIFE))
        return answer

    async def logout(self, request: Request) -> Response:
        form = await forms.read(request)
        if form is not None and self.who(request, form) is not None:
            self._editors.log_out(request.cookies.get(COOKIE, ""))
        answer = RedirectResponse("/", status_code=303)
        _keep(answer, request, "", 0)
        return answer

    async def mend(self, request: Request) -> Response:
        """A form of a story's page. Leads back to the story once what it decided is on the page."""
        form = await forms.read(request)
        if form is None:
            return self._pages.refused("this form cannot be read")
        session = self.who(request, form)
        if session is None:
            return self.login_page(
                request, f"/story/{path_part(request.path_params['id'])}",
                said="You are not logged in (any more): nothing was changed.", status=403,
            )  # fmt: skip
        kept = self._context.index.lookup(current_story(self._context, request.path_params["id"]))
        if kept is None:
            return self._pages.missing("story")
        found = await self._decided(form, kept.story, session.name)
        if isinstance(found, Decision):
            return await self._shown(kept.story.id, found)
        status, said = found
        return await self._pages.story(request, story_id=kept.story.id, refused=said, status=status)

    async def _decided(self, form: Form, story: Story, by: str) -> Decision | tuple[int, str]:
        """The decision on what a form asks for; or a status, and why there is none."""
        try:
            async with asyncio.timeout(PATIENCE), self._turns:
                found = await self._context.decide(correction_of(form, story, by))
        except (codec.DecodeError, UnknownActionError) as error:
            return 400, str(error)
        except (KafkaError, OSError, TimeoutError) as error:
            log.warning("a correction is not known to be sent: %s", type(error).__name__)
            return 503, refusal(error) or "Kafka does not answer. Look at the log below before you try again."
        if found is None:
            return 503, "It is sent, but nothing has become of it yet. Is clustering running?"
        return (409, found.detail) if isinstance(found, Rejection) else found

    async def _shown(self, story_id: str, decision: Decision) -> Response:
        """Leads to the story once the index holds the decision."""
        assert decision.correction is not None
        id_ = decision.correction.id
        for _ in range(_LOOKS):
            if queries.knows_correction(self._context.index, id_):
                break
            await asyncio.sleep(READING / _LOOKS)
        now = path_part(current_story(self._context, story_id))
        return RedirectResponse(f"/story/{now}?{urlencode({'done': id_})}", status_code=303)

    def who(self, request: Request, form: Form) -> Session | None:
        """Who posted a form, where it is of their own page."""
        session = self._editors.session(request.cookies.get(COOKIE, ""))
        if session is None or not secrets.compare_digest(one(form, "token").encode(), session.token.encode()):
            return None
        return session

    def login_page(self, request: Request, way_back: str, *, said: str = "", status: int = 200) -> Response:
        private = request.url.scheme == "https" or request.url.hostname in ("localhost", "127.0.0.1", "::1")
        return self._pages.private("login.html", status=status, way_back=way_back, said=said, is_private=private)


def correction_of(form: Form, story: Story, by: str) -> Correction:
    """The correction that a form of a story's page asks for.

    Raises:
        UnknownActionError: it asks for none.
    """
    asked, about = one(form, "action"), dict[str, object]()
    action: Action
    match asked:
        case "move" if to := story_named(one(form, "to")):
            action, about = "move", {"story_id": to, "articles": tuple(form.get("article", ()))}
        case "move":
            action, about = "split", {"articles": tuple(form.get("article", ()))}
        case "merge":
            action, about = asked, {"other_id": story_named(one(form, "other"))}
        case "pin":
            action, about = asked, {"articles": tuple(filter(None, form.get("article", ())))}
        case "rename":
            action, about = asked, {"headline": one(form, "headline")}
        case "not-news":
            action = asked
        case "undo":
            action, about = asked, {"story_id": "", "undoes": one(form, "correction")}
        case _:
            raise UnknownActionError("this form asks for nothing that is known")
    return Correction(
        **{
            "id": uuid.uuid4().hex[:16],
            "action": action,
            "by": by,
            "why": one(form, "why"),
            "at": datetime.now(UTC),
            "language": (story.languages or ("und",))[0],
            "story_id": story.id,
            **about,
        }  # type: ignore[arg-type]  # each value is of its field's type
    )


def story_named(text: str) -> str:
    """The id of a story as people paste it: an id, or the address of its page."""
    found = _STORY_PATH.search(text)
    return id_of(found[0].removeprefix("/story/")) if found else text


def _way_back(path: str) -> str:
    """Where a login leads: the page that it began on; never to another site."""
    return path if _WAY_BACK.fullmatch(path) else "/"


def _keep(answer: Response, request: Request, id_: str, seconds: int) -> None:
    """Have the browser hold who is logged in: for this server's own pages alone, and for no script."""
    is_encrypted = request.url.scheme == "https"
    answer.set_cookie(COOKIE, id_, max_age=seconds, secure=is_encrypted, httponly=True, samesite="strict")
