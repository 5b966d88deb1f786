"""Watches in the browser, for those who may mend: a search becomes one, its query is changed, it is removed.

Where alerts go, digests and quiet hours are the command's: addresses of hooks are nobody's to read on a page.
"""

from __future__ import annotations

import asyncio
import logging
from dataclasses import replace
from datetime import UTC, datetime
from urllib.parse import urlencode

from aiokafka.errors import KafkaError
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from streams.contracts.records import Watch
from streams.dashboard.web import forms
from streams.dashboard.web.context import AppContext
from streams.dashboard.web.editors import COOKIE, Editors, Session
from streams.dashboard.web.forms import Form, one
from streams.dashboard.web.mending import PATIENCE, Mending
from streams.dashboard.web.pages import Pages
from streams.dashboard.web.watching import PATIENT, Watching
from streams.kafka.access import refusal
from streams.kafka.watches import WatchError, check_name
from streams.query import QueryError, parse
from streams.text import path_part

log = logging.getLogger(__name__)


class Keeping:
    """Handlers of the forms, over one context that has editors."""

    def __init__(self, context: AppContext, pages: Pages, mending: Mending, editors: Editors) -> None:
        self._context, self._pages, self._mending, self._editors = context, pages, mending, editors

    async def new(self, request: Request) -> Response:
        """The form for a watch, with the query that a search had."""
        query = request.query_params.get("query", "")
        session = self._editors.session(request.cookies.get(COOKIE, ""))
        if session is None:
            return self._mending.login_page(request, f"/watches/new?{urlencode({'query': query})}")
        return self._form(session, "", query)

    async def keep(self, request: Request) -> Response:
        """What the form is posted to. Leads to the watch's page."""
        form = await forms.read(request)
        session = None if form is None else self._mending.who(request, form)
        if form is None or session is None:
            return self._not_logged_in(request)
        name, query = one(form, "name"), one(form, "query")
        try:
            watch = watch_of(form, await self._context.watching(PATIENT))
            async with asyncio.timeout(PATIENCE):
                await self._context.keep(watch)
        except (QueryError, WatchError) as error:
            return self._form(session, name, query, said=str(error), status=400)
        except (KafkaError, OSError, TimeoutError) as error:
            return self._form(session, name, query, said=_unknown(error), status=503)
        log.info("%r keeps the watch %s", session.name, watch.id)
        return RedirectResponse(f"/watch/{path_part(watch.id)}", status_code=303)

    async def remove(self, request: Request) -> Response:
        """Keep a watch no more. Leads to the list."""
        form = await forms.read(request)
        session = None if form is None else self._mending.who(request, form)
        if form is None or session is None:
            return self._not_logged_in(request)
        name = request.path_params["id"]
        try:
            async with asyncio.timeout(PATIENCE):
                await self._context.remove(check_name(name))
        except WatchError:
            return self._pages.missing("watch")
        except (KafkaError, OSError, TimeoutError) as error:
            return self._form(session, name, "", said=_unknown(error), status=503)
        log.info("%r removes the watch %s", session.name, name)
        return RedirectResponse("/", status_code=303)

    def _form(self, session: Session, name: str, query: str, *, said: str = "", status: int = 200) -> Response:
        return self._pages.private("new_watch.html", status=status, session=session, name=name, query=query, said=said)

    def _not_logged_in(self, request: Request) -> Response:
        said = "You are not logged in (any more): nothing was changed."
        return self._mending.login_page(request, "/watches/new", said=said, status=403)


def watch_of(form: Form, watching: Watching) -> Watch:
    """The watch that a form asks for: one of this name keeps where its alerts go, and when.

    Raises:
        QueryError: its query cannot be read.
        WatchError: its name cannot be one.
    """
    name, query, now = check_name(one(form, "name")), one(form, "query"), datetime.now(UTC).replace(microsecond=0)
    parse(query)
    known = next((each for each in watching.watches if each.id == name), None)
    if known is not None:
        return replace(known, query=query, created=now)
    return Watch(id=name, query=query, created=now)


def _unknown(error: Exception) -> str:
    log.warning("a watch is not known to be written: %s", type(error).__name__)
    return refusal(error) or "Kafka does not answer. Look at the watches before you try again."
