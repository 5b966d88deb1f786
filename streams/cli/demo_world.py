"""`streams demo --world`: a made-up week, the watches that are set on it, and what is printed of it."""

from __future__ import annotations

import sys
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from rich.console import Console
from rich.text import Text

from streams.cli.console import paper, say
from streams.contracts.records import Alert, Story, Watch
from streams.settings import Settings
from streams.text import many

if TYPE_CHECKING:
    from streams.cli.demo_arriving import Arriving
    from streams.seed import Found

#: Articles of the week, unless told otherwise.
ARTICLES = 2000
#: What is watched: something that grows fast, a subject, an angle.
WATCHES = {
    "breaking": "origins>=10 within 2h",
    "fires": "warehouse outlets>=10",
    "lawsuits": '"first claim"',
}
#: Of so many articles one is sent as a page, so that there is something for cleaning to drop; the others are text.
_PAGES = 8
#: Storylines and, of each watch, alerts that are printed.
_STORYLINES, _ALERTS = 2, 3
#: Seconds between two lines of progress where the terminal cannot renew one; articles below which there is none.
_EVERY, _FEW = 10.0, 50


def found(articles: int) -> Iterator[Found]:
    """The week's articles in order of arrival, up to now."""
    from streams.seed import Found
    from streams.synth.news import week, with_tolls

    for number, each in enumerate(with_tolls(week(articles, ends=datetime.now(UTC)))):
        raw = each.raw("text/html" if number % _PAGES == 0 else "text/plain")
        yield Found(raw, where=each.id)


async def keep_watches(settings: Settings) -> None:
    """Set the watches, before there is anything that they could miss."""
    from streams.kafka import watches

    now = datetime.now(UTC).replace(microsecond=0)
    for name, query in WATCHES.items():
        await watches.keep(settings, Watch(id=name, query=query, created=now))
        say(f"watching {name}: {query}")


@contextmanager
def progress(arriving: Arriving, articles: int) -> Iterator[Callable[[], None]]:
    """What shows, as often as it is called, how far the articles are: one line that is renewed, or now and then one."""
    began = told = time.monotonic()

    def line() -> str:
        rate = arriving.arrived / (time.monotonic() - began)
        return (
            f"{arriving.arrived:,} of {articles:,} articles, {len(arriving.stories):,} stories, "
            f"{len(arriving.alerts):,} alerts, {rate:.0f} articles/s"
        )

    def tell() -> None:
        nonlocal told
        if time.monotonic() - told >= _EVERY:
            told = time.monotonic()
            say(line())

    if articles < _FEW:
        yield lambda: None
    elif sys.stderr.isatty():
        with paper(stderr=True).status(line()) as status:
            yield lambda: status.update(line())
    else:
        yield tell


def print_world(console: Console, stories: Mapping[str, Story], alerts: Iterable[Alert]) -> None:
    """The longest storylines, and of each watch the alerts."""
    from streams.stages.cluster import storyline

    sizes = Counter(story.storyline for story in stories.values() if story.storyline and story.redirect_to is None)
    for name, _ in sizes.most_common(_STORYLINES):
        one = next(story for story in stories.values() if story.storyline == name)
        line = storyline(one, stories.get)
        if line is None:
            continue
        console.print(Text(f"\nStoryline: {line.headline}", style="bold"))
        for chapter in line.chapters:
            began = f"{chapter.first_seen:%A}" if chapter.first_seen else "no date"
            console.print(f"  {began:<10} {chapter.headline}  {chapter.id}", markup=False)
    given: dict[str, list[Alert]] = {name: [] for name in WATCHES}
    for alert in sorted(alerts, key=lambda alert: (alert.at, alert.id), reverse=True):
        given.setdefault(alert.watch_id, []).append(alert)
    for name, own in given.items():
        console.print(Text(f"\nWatch {name}: {many(len(own), 'alert')}", style="bold"))
        for alert in own[:_ALERTS]:
            counted = f"{many(alert.articles, 'article')}, {many(alert.origins, 'origin')}"
            console.print(f"  {alert.at:%A %H:%M}  {alert.headline}  ({counted})  {alert.story_id}", markup=False)
