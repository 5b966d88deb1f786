"""`streams tail` and `streams explain`: the decision log, as it grows and article by article."""

from __future__ import annotations

import asyncio

import click

from streams.cli.cluster import require_cluster
from streams.cli.console import CommandError, paper, write_line
from streams.cli.stories import print_event, print_story, story_json
from streams.contracts import codec
from streams.contracts.redirects import resolve_redirect
from streams.contracts.topology import STORY_EVENTS
from streams.settings import load


@click.command()
@click.option("--all", "everything", is_flag=True, help="From the beginning of the log instead of from now on.")
@click.option("--json", "as_json", is_flag=True, help="Print each decision as a JSON line.")
def tail(everything: bool, as_json: bool) -> None:
    """Print stories' events as they happen, until Ctrl-C."""
    from streams.kafka.access import READS_LOG
    from streams.kafka.log_reader import FirstDecisions, LogReader

    settings = load()

    async def run() -> None:
        await require_cluster(settings, READS_LOG)
        log = LogReader(settings)
        topic = STORY_EVENTS.full_name(settings.topic_prefix)
        first = FirstDecisions()
        async for record in log.follow(topic, from_now=not everything):
            decision = first.accept(record)
            if decision is None:
                continue
            if as_json:
                write_line(codec.encode(decision))
            else:
                print_event(paper(), decision)

    asyncio.run(run())


@click.command()
@click.argument("article_id")
@click.option("--json", "as_json", is_flag=True, help="Print the decisions about it and its story as JSON.")
def explain(article_id: str, as_json: bool) -> None:
    """Say why an article is where it is: every decision about it, its evidence, and its story as it stands."""
    from streams.contracts.records import Decision, Story
    from streams.kafka.access import READS_LOG
    from streams.kafka.log_reader import FirstDecisions, LogReader
    from streams.stages.cluster import fold, storyline

    settings = load()

    async def run() -> tuple[list[Decision], dict[str, Story]]:
        await require_cluster(settings, READS_LOG)
        log = LogReader(settings)
        topic = STORY_EVENTS.full_name(settings.topic_prefix)
        found: list[Decision] = []
        stories: dict[str, Story] = {}
        first = FirstDecisions()
        for partition in await log.partitions(topic):
            async for record in log.records(topic, partition):
                decision = first.accept(record)
                if decision is not None:
                    fold(stories, decision.events)
                    if decision.article_id == article_id:
                        found.append(decision)
        return found, stories

    decisions, stories = asyncio.run(run())
    if not decisions:
        raise CommandError(
            f"the log has no decision about {article_id}. It may be waiting (streams doctor --reconcile), rejected, "
            "or known by another id."
        )
    story_id = decisions[-1].events[-1].story_id if decisions[-1].events else ""
    story = stories.get(resolve_redirect(story_id, lambda id_: stories[id_].redirect_to if id_ in stories else None))
    if as_json:
        write_line(codec.encode({"decisions": decisions, "story": story_json(story) if story else None}))
    elif story is not None:
        print_story(paper(), story, decisions, storyline(story, stories.get))
