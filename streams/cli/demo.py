"""`streams demo`: the whole pipeline on one machine, from two seed articles to their story, or a week of news."""

from __future__ import annotations

import asyncio
import signal
import tempfile
import time
from collections.abc import Iterable, Mapping, Sequence
from contextlib import AsyncExitStack
from pathlib import Path
from typing import TYPE_CHECKING

import click

from streams.cli import demo_world
from streams.cli.console import CommandError, paper, say, write_line
from streams.cli.stories import print_brief, print_event, print_story, story_json
from streams.contracts import codec
from streams.contracts.records import Decision, Story
from streams.contracts.topology import PIPELINE, STAGES, STORY_EVENTS
from streams.kafka.log_reader import FirstDecisions, LogReader
from streams.runtime.faust.supervisor import Supervisor
from streams.settings import Settings

if TYPE_CHECKING:
    from streams.seed import Found, Problem

#: Stories that are told in full, and that are listed where there are more.
_IN_FULL, _LISTED = 2, 10


@click.command()
@click.argument("paths", nargs=-1, type=click.Path(exists=True, path_type=Path))
@click.option("--world", is_flag=True, help="A made-up week of the world's news instead, with watches and alerts.")
@click.option(
    "--articles",
    type=click.IntRange(min=1, max=50_000),
    default=demo_world.ARTICLES,
    show_default=True,
    help="How many articles that week has.",
)
@click.option("--once", is_flag=True, help="Exit 0 once the stories stand, instead of staying up.")
@click.option("--json", "as_json", is_flag=True, help='Print {"stories": […]} as JSON instead of prose.')
@click.option("--verbose", is_flag=True, help="Show the workers' logs.")
def demo(paths: tuple[Path, ...], world: bool, articles: int, once: bool, as_json: bool, verbose: bool) -> None:
    """An embedded broker, the topics, the workers and the seeds: then the story, and why.

    PATHS are files or folders to seed instead of the two seed articles. Everything is in memory and gone at the end;
    nothing is asked of the network.
    """
    if world and paths:
        raise click.UsageError("--world makes its articles up: give either that or PATHS.")
    count = articles if world else 0

    async def run() -> None:
        task = asyncio.ensure_future(_demo(list(paths), world=count, once=once, as_json=as_json, verbose=verbose))
        asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, task.cancel)
        await task

    try:
        asyncio.run(run())
    except (KeyboardInterrupt, asyncio.CancelledError):
        say("stopped")


async def _demo(paths: Sequence[Path], *, world: int, once: bool, as_json: bool, verbose: bool) -> None:
    """``world``: articles of the made-up week; 0: seed ``paths``, or our own two where there are none."""
    from streams.cli.demo_arriving import Arriving
    from streams.cli.demo_local import dashboard, running

    started = time.monotonic()
    async with AsyncExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="news-streams-")))
        stages = STAGES if world else PIPELINE
        log = None if verbose else folder / "workers.log"
        settings, supervisor = await stack.enter_async_context(running(folder, stages, log))
        url = "" if once else await stack.enter_async_context(dashboard(settings))
        if world:
            await demo_world.keep_watches(settings)
            if url:
                say(f"Dashboard:  {url}  (it fills while you look)")
        arriving = await stack.enter_async_context(Arriving(settings, supervisor).following())
        sent = await _seed(settings, demo_world.found(world) if world else _files(settings, paths))
        say(f"seeded {sent:,} articles; waiting for the workers (models load once) …")
        with demo_world.progress(arriving, sent) as show:
            async for _ in arriving.progress(sent):
                show()
        if world:
            await arriving.until_watched()
        stories, decisions = arriving.stories, arriving.decisions
        if as_json:
            told: dict[str, object] = {"stories": [story_json(story) for story in stories.values()]}
            write_line(codec.encode(told | ({"alerts": list(arriving.alerts.values())} if world else {})))
        else:
            _print(stories, decisions)
            if world:
                demo_world.print_world(paper(), stories, arriving.alerts.values())
        seconds = time.monotonic() - started
        say(f"stories: {len(stories):,}, articles: {sent:,}, {seconds:.1f} s after the start")
        if url:
            if len(stories) <= _IN_FULL:
                for story in stories.values():
                    say(f"Open it:    {url}story/{story.id}")
            say(f"Dashboard:  {url}")
            say(f"\nStaying up (Ctrl-C ends). Seed more:  STREAMS_BROKER={settings.broker} streams seed PATH…")
            await _stay(settings, supervisor, skip=len(decisions))


def _print(stories: Mapping[str, Story], decisions: Sequence[Decision]) -> None:
    """One or two stories in full; of many the largest, a paragraph each."""
    if len(stories) <= _IN_FULL:
        for story in stories.values():
            print_story(paper(), story, decisions)
        return
    shown = [story for story in stories.values() if story.status in ("open", "closed")]
    shown.sort(key=lambda story: (-story.outlets, -story.article_count, story.id))
    for story in shown[:_LISTED]:
        print_brief(paper(), story)
    if len(shown) > _LISTED:
        say(f"\nand {len(shown) - _LISTED} more on the dashboard")


def _files(settings: Settings, paths: Sequence[Path]) -> Iterable[Found | Problem]:
    from streams.seed import read_files

    return read_files(list(paths) or _seeds(), max_bytes=settings.max_article_bytes)


def _seeds() -> list[Path]:
    package = Path(__file__).resolve().parents[1]
    for folder in (package.parent / "seeds", package / "_seeds"):
        if folder.is_dir():
            return sorted(folder.glob("*.txt"))
    raise CommandError("the seed articles are not here; name files to seed: streams demo PATH…")


async def _seed(settings: Settings, found: Iterable[Found | Problem]) -> int:
    from streams.seed.producer import send

    summary = await send(
        settings, found, on_problem=lambda problem: say(f"{problem.kind} {problem.where}: {problem.reason}")
    )
    if not summary.sent:
        raise CommandError("nothing to seed was found")
    return summary.sent


async def _stay(settings: Settings, supervisor: Supervisor, *, skip: int) -> None:
    """Print each new decision until Ctrl-C; end when a worker gives up."""

    async def watch() -> None:
        while supervisor.check():  # noqa: ASYNC110 - processes end without telling an event loop
            await asyncio.sleep(0.5)
        raise CommandError("a stage failed too often: run with --verbose to see why")

    watching = asyncio.create_task(watch())
    first = FirstDecisions()
    try:
        seen = 0
        async for record in LogReader(settings).follow(STORY_EVENTS.full_name(settings.topic_prefix)):
            if watching.done():
                watching.result()
            decision = first.accept(record)
            seen += decision is not None
            if decision is not None and seen > skip:
                print_event(paper(), decision)
    finally:
        watching.cancel()
