"""One visit to a page: what is published of it, and when to come again."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from streams.follow.fetch import Fetched, FetchError, Outcome, Validators
from streams.follow.listing import ListedPage
from streams.follow.pace import backoff
from streams.follow.page import page_behind_amp, words_digest
from streams.follow.records import raw_of, retraction_of
from streams.follow.sources import Source
from streams.follow.state import PageRow

if TYPE_CHECKING:
    from streams.follow.share import Tools

logger = logging.getLogger(__name__)

#: Seconds from each visit that found the page to the next: corrections mostly come within hours. Afterwards a page is
#: visited only where its list calls it changed.
_AGAIN = (3600.0, 6 * 3600.0, 24 * 3600.0, 72 * 3600.0)
#: How often in a row, this many seconds apart, a page is not there until its article is taken back. 410 is meant to
#: last (RFC 9110, 15.5.11), 404 may be a deployment of the outlet's.
_ABSENT: dict[Outcome, int] = {"gone": 2, "missing": 3}
_ABSENT_AGAIN = 3600.0
#: What may pass, and how often it is tried; longest pause between two tries, seconds.
_PASSING: frozenset[Outcome] = frozenset({"missing", "throttled", "server_error", "timeout", "connection", "fault"})
_MOST_TRIES, _MOST_PAUSE = 5, 6 * 3600.0
_PAGES = ("text/html", "application/xhtml+xml", "text/plain")


class Visit:
    """A visit to ``url``, of which ``page`` is known (None: nothing) and ``entry`` is what its list says."""

    def __init__(self, source: Source, url: str, entry: ListedPage | None, page: PageRow | None, tools: Tools) -> None:
        self._source, self._url, self._tools = source, url, tools
        now = tools.clock.time()
        self._page = page or PageRow(
            url=url,
            source=source.url,
            seen=now,
            published=entry.published if entry else None,
            updated=entry.updated if entry else None,
        )

    async def make(self) -> tuple[PageRow, bool]:
        """Fetch the page and publish what is new; its row, and whether something was published. The record is
        acknowledged when this returns. Raises ``BrokerError``; of the page's own failures none."""
        page = self._page
        try:
            # What was taken back, or never came, is wanted whole.
            whole = page.words is None or page.retracted
            fetched = await self._fetch(Validators() if whole else page.validators)
            changed = False if fetched.unchanged else await self._publish(fetched)
        except FetchError as error:
            return await self.failed(error)
        now = self._tools.clock.time()
        page.visited, page.tries, page.absent = now, 0, 0
        again = _AGAIN[page.visits] if page.visits < len(_AGAIN) and self._source.kind != "page" else None
        page.visits += 1
        page.due = None if again is None else now + again
        return page, changed

    async def _fetch(self, known: Validators) -> Fetched:
        get = self._tools.fetcher.get
        fetched = await get(self._url, "page", known)
        if fetched.unchanged:
            return fetched
        if urlsplit(self._url).path.strip("/") and not urlsplit(fetched.url).path.strip("/"):
            raise FetchError("missing", f"{self._url} leads to the front page")
        _check_type(fetched)
        if (original := page_behind_amp(fetched.body, fetched.url)) is not None:
            try:
                better = await get(original, "page")
                _check_type(better)
            except FetchError as error:
                logger.debug("the page behind %s cannot be had: %s", fetched.url, error)
            else:
                return better
        return fetched

    async def _publish(self, fetched: Fetched) -> bool:
        page, now = self._page, self._tools.clock.time()
        words = words_digest(fetched.body)
        changed = words != page.words or page.retracted
        if changed:
            article = raw_of(fetched, self._source, page.published, now)
            if not await self._tools.log.publish(article):
                raise FetchError("too_large", f"{fetched.url} is larger as a record than its topic takes")
            self._tools.sent("article" if page.words is None else "revision")
        page.url, page.words, page.retracted = fetched.url, words, False
        page.etag, page.modified = fetched.validators.etag, fetched.validators.modified
        return changed

    async def failed(self, error: FetchError) -> tuple[PageRow, bool]:
        """Note that a visit failed: come again, give up, or take the article back."""
        page, now = self._page, self._tools.clock.time()
        page.visited = now
        if error.outcome in _ABSENT and page.words is not None and not page.retracted:
            return page, await self._absent(error.outcome)
        page.tries += 1
        pause = max(backoff(page.tries, _MOST_PAUSE), error.wait or 0.0)
        page.due = now + pause if error.outcome in _PASSING and page.tries < _MOST_TRIES else None
        return page, False

    async def _absent(self, outcome: Outcome) -> bool:
        page, now = self._page, self._tools.clock.time()
        page.absent += 1
        if page.absent < _ABSENT[outcome]:
            page.due = now + _ABSENT_AGAIN
            return False
        page.due = None
        if not self._tools.settings.follow_retract:
            logger.info("%s is gone; its article stays (STREAMS_FOLLOW_RETRACT)", page.url)
            return False
        await self._tools.log.publish(retraction_of(page.url, self._source, now))
        self._tools.sent("retraction")
        page.retracted = True
        return True


def _check_type(fetched: Fetched) -> None:
    kind = fetched.content_type.partition(";")[0].strip().lower()
    if kind and kind not in _PAGES:
        raise FetchError("unusable", f"{fetched.url} is {kind[:60]} and no page")
