"""`streams demo`: the whole pipeline on one machine, from two seed articles to the story they tell."""

from __future__ import annotations

import asyncio
import signal
import tempfile
import time
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import click

from streams.cli.console import CommandError, paper, say, write_line
from streams.cli.stories import print_brief, print_event, print_story, story_json
from streams.contracts import codec
from streams.contracts.records import Decision, Story
from streams.contracts.topics import Topic
from streams.contracts.topology import FAILURES, PIPELINE, STORY_EVENTS
from streams.kafka.log_reader import FirstDecisions, LogReader
from streams.runtime.faust.supervisor import Supervisor
from streams.settings import Settings, load
from streams.stages.cluster import fold

#: Seconds until the story must stand: models load in a few, consumer groups form in a few more.
_PATIENCE = 120.0
#: Stories that are told in full, and that are listed where there are more; failures that are named.
_IN_FULL, _LISTED, _FAILURES_NAMED = 2, 10, 5
#: A short session makes the groups form fast; nothing else runs on this broker.
_SESSION = 6.0


@click.command()
@click.argument("paths", nargs=-1, type=click.Path(exists=True, path_type=Path))
@click.option("--once", is_flag=True, help="Exit 0 once the story stands, instead of staying up.")
@click.option("--json", "as_json", is_flag=True, help='Print {"stories": […]} as JSON instead of prose.')
@click.option("--verbose", is_flag=True, help="Show the workers' logs.")
def demo(paths: tuple[Path, ...], once: bool, as_json: bool, verbose: bool) -> None:
    """An embedded broker, the topics, three workers and the seeds: then the story, and why.

    PATHS are files or folders to seed instead of the two seed articles. Everything is in memory and gone at the end.
    """

    async def run() -> None:
        task = asyncio.ensure_future(_demo(list(paths) or _seeds(), once=once, as_json=as_json, verbose=verbose))
        asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, task.cancel)
        await task

    try:
        asyncio.run(run())
    except (KeyboardInterrupt, asyncio.CancelledError):
        say("stopped")


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


def _seeds() -> list[Path]:
    package = Path(__file__).resolve().parents[1]
    for folder in (package.parent / "seeds", package / "_seeds"):
        if folder.is_dir():
            return sorted(folder.glob("*.txt"))
    raise CommandError("the seed articles are not here; name files to seed: streams demo PATH…")


async def _demo(paths: Sequence[Path], *, once: bool, as_json: bool, verbose: bool) -> None:
    started = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="news-streams-") as folder:
        async with _running(Path(folder), verbose=verbose) as (settings, supervisor):
            sent = await _seed(settings, paths)
            say(f"seeded {sent} articles; waiting for the workers (models load once) …")
            log = LogReader(settings)
            stories, decisions = await _until_settled(log, settings, supervisor, sent, Path(folder))
            if as_json:
                write_line(codec.encode({"stories": [story_json(story) for story in stories.values()]}))
            else:
                _print(stories, decisions)
            seconds = time.monotonic() - started
            say(f"stories: {len(stories)}, articles: {sent}, {seconds:.1f} s after the start")
            if not once:
                async with _dashboard(settings) as url:
                    if len(stories) <= _IN_FULL:
                        for story in stories.values():
                            say(f"Open it:    {url}story/{story.id}")
                    say(f"Dashboard:  {url}")
                    say(f"\nStaying up (Ctrl-C ends). Seed more:  STREAMS_BROKER={settings.broker} streams seed PATH…")
                    await _stay(log, settings, supervisor, skip=len(decisions))


@asynccontextmanager
async def _running(folder: Path, *, verbose: bool) -> AsyncIterator[tuple[Settings, Supervisor]]:
    from streams.kafka import provision
    from streams.kafka.local.embedded import EmbeddedBroker

    with EmbeddedBroker() as broker:
        # One partition: articles arrive in the order of seeding, so that every run tells the same story.
        settings = load(
            broker=f"kafka://{broker.bootstrap}",
            security_protocol="PLAINTEXT",
            data_dir=folder / "data",
            session_timeout=_SESSION,
            partitions=1,
        )
        say(f"{broker.name} on {broker.bootstrap}")
        await provision.apply(settings)
        env = {
            "STREAMS_BROKER": settings.broker,
            "STREAMS_SECURITY_PROTOCOL": settings.security_protocol,
            "STREAMS_DATA_DIR": str(settings.data_dir),
            "STREAMS_SESSION_TIMEOUT": str(settings.session_timeout),
        }
        log = None if verbose else folder / "workers.log"
        supervisor = Supervisor(PIPELINE, env=env, log=log)
        try:
            supervisor.start()
            yield settings, supervisor
        finally:
            supervisor.stop()


@asynccontextmanager
async def _dashboard(settings: Settings) -> AsyncIterator[str]:
    """The dashboard in this process, on its usual port or, where that is taken, on a free one; its URL."""
    from streams.dashboard.web.server import PORT, serve

    for port in (PORT, 0):
        url: asyncio.Future[str] = asyncio.get_running_loop().create_future()
        task = asyncio.create_task(serve(settings, port=port, ready=url.set_result))
        both: set[asyncio.Future[Any]] = {task, url}
        await asyncio.wait(both, return_when=asyncio.FIRST_COMPLETED)
        if url.done() or port == 0:
            break
        task.exception()  # the port is taken: try the next
    try:
        if not url.done():
            await task
        yield url.result()
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def _seed(settings: Settings, paths: Sequence[Path]) -> int:
    from streams.seed import read_files
    from streams.seed.producer import send

    found = read_files(paths, max_bytes=settings.max_article_bytes)
    summary = await send(
        settings, found, on_problem=lambda problem: say(f"{problem.kind} {problem.where}: {problem.reason}")
    )
    if not summary.sent:
        raise CommandError("nothing to seed was found")
    return summary.sent


async def _until_settled(
    log: LogReader, settings: Settings, supervisor: Supervisor, articles: int, folder: Path
) -> tuple[dict[str, Story], list[Decision]]:
    """The stories once every article has a decision, a rejection or a dead letter."""
    stories: dict[str, Story] = {}
    decisions: list[Decision] = []
    lost = 0

    async def collect() -> None:
        first = FirstDecisions()
        async for record in log.follow(STORY_EVENTS.full_name(settings.topic_prefix)):
            decision = first.accept(record)
            if decision is not None:
                decisions.append(decision)
                fold(stories, decision.events)

    async def count(topic: Topic) -> None:
        nonlocal lost
        async for record in log.follow(topic.full_name(settings.topic_prefix)):
            lost += 1
            if lost <= _FAILURES_NAMED:
                say(f"{topic.name}: {(record.value or b'')[:200].decode(errors='replace')}")
            elif lost == _FAILURES_NAMED + 1:
                say("and more that are no usable article")

    tasks = [asyncio.create_task(collect())]
    tasks += [asyncio.create_task(count(topic)) for topic in FAILURES]
    try:
        deadline = time.monotonic() + _PATIENCE
        while len(decisions) + lost < articles:
            failed = [task for task in tasks if task.done()]
            if failed or not supervisor.check() or time.monotonic() > deadline:
                for task in failed:
                    task.result()
                raise CommandError(
                    f"only {len(decisions)} of {articles} articles arrived. The workers said last:\n" + _tail(folder)
                )
            await asyncio.sleep(0.1)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
    return stories, decisions


async def _stay(log: LogReader, settings: Settings, supervisor: Supervisor, *, skip: int) -> None:
    """Print each new decision until Ctrl-C; end when a worker gives up."""

    async def watch() -> None:
        while supervisor.check():  # noqa: ASYNC110 - processes end without telling an event loop
            await asyncio.sleep(0.5)
        raise CommandError("a stage failed too often: run with --verbose to see why")

    watching = asyncio.create_task(watch())
    first = FirstDecisions()
    try:
        seen = 0
        async for record in log.follow(STORY_EVENTS.full_name(settings.topic_prefix)):
            if watching.done():
                watching.result()
            decision = first.accept(record)
            seen += decision is not None
            if decision is not None and seen > skip:
                print_event(paper(), decision)
    finally:
        watching.cancel()


def _tail(folder: Path) -> str:
    log = folder / "workers.log"
    return "\n".join(log.read_text(errors="replace").splitlines()[-15:]) if log.exists() else "(see above)"
