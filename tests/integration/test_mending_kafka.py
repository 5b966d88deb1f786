"""What a person decides, on a real Kafka: it reaches the log and the stories, outlives the worker, and is undone."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import sys
from datetime import datetime

from aiokafka import AIOKafkaProducer
from newsroom import Workers, decisions, live_stories, raw_articles, until_decided

from streams.contracts import codec
from streams.contracts.records import Story, TaggedArticle
from streams.settings import Settings


def tagged(first: int, last: int) -> list[TaggedArticle]:
    """Of two events by turns, the even numbers and the odd ones."""
    made = []
    for number, raw in enumerate(each for at, each in enumerate(raw_articles(30)) if at % 5 < 2):
        title, text = (raw.content or "").split("\n\n", 1)
        published = datetime.fromisoformat(raw.published or "")
        article = TaggedArticle(
            id=f"a{number}", title=title, text=text, source=raw.source, language="en", published=published
        )
        made.append(article)
    return made[first:last]


async def send(settings: Settings, articles: list[TaggedArticle]) -> None:
    async with AIOKafkaProducer(bootstrap_servers=settings.bootstrap_servers) as producer:
        for article in articles:
            await producer.send_and_wait(f"{settings.topic_prefix}.articles.tagged", codec.encode(article), key=b"en")


async def mend(settings: Settings, *arguments: str) -> tuple[int, str]:
    """``streams mend`` as a program: its exit code and all that it said."""
    names = ("broker", "topic_prefix", "partitions")
    env = {**os.environ, **{f"STREAMS_{name.upper()}": str(getattr(settings, name)) for name in names}}
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-W", "error::ResourceWarning", "-m", "streams", "mend", *arguments,
        env=env, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT,
    )  # fmt: skip
    out, _ = await asyncio.wait_for(process.communicate(), 60)
    return process.returncode or 0, out.decode()


async def stories(settings: Settings) -> dict[str, Story]:
    """Each live story by its first article."""
    found = [codec.decode(Story, value) for value in (await live_stories(settings)).values()]
    return {story.articles[0].id: story for story in found if story.status == "open" and story.articles}


async def test_a_correction_is_logged_outlives_the_worker_and_later_articles_and_is_undone(settings):
    with Workers(settings) as workers:
        workers.start("cluster")
        await send(settings, tagged(0, 6))
        await until_decided(settings, [f"a{n}" for n in range(6)], workers)
        before = await stories(settings)
        ferry, refinery = before["a0"].id, before["a1"].id
        assert {one.id for one in before["a0"].articles} == {"a0", "a2", "a4"}

        # Two at once: each command waits for its own.
        about = ("--by", "Ada", "--why", "another ship")
        (named, said), (parted, told) = await asyncio.gather(
            mend(settings, "rename", ferry, "Ferry aground, says Ada", *about),
            mend(settings, "split", refinery, "a5", "--json", "--by", "Ivo"),
        )
        assert (named, parted) == (0, 0), said + told
        assert said.endswith(f" rename   {ferry}  Ada: another ship\n")
        split = codec.loads(told)
        assert split["events"][0]["mended"]["by"] == "Ivo"
        apart = split["events"][0]["story_id"]

        # Killed, not stopped: what is not in the log is gone.
        workers.stop("cluster", number=signal.SIGKILL)
        workers.start("cluster")
        await send(settings, tagged(6, 10))
        await until_decided(settings, [f"a{n}" for n in range(10)], workers)
        now = await stories(settings)
        assert now["a0"].headline == "Ferry aground, says Ada"
        assert now["a0"].article_count == 5
        assert now["a1"].id != now["a5"].id == apart
        assert {one.id for each in (now["a1"], now["a5"]) for one in each.articles} == {"a1", "a3", "a5", "a7", "a9"}

        code, out = await mend(settings, "merge", ferry, "nowhere")
        assert (code, out) == (1, "error: refused: there is no story nowhere here\n")
        made = [each.correction for each in await decisions(settings) if each.correction]
        assert [(each.action, each.by, each.why) for each in made if each.by == "Ada"] == [
            ("rename", "Ada", "another ship")
        ]
        assert len(made) == 2, "what is refused is no decision"
        code, out = await mend(settings, "export")
        *rows, told = out.splitlines()
        assert told == f"{len(rows)} rows written"
        assert {(row["label"], row["article_id"], row["other_article_id"]) for row in map(json.loads, rows)
                if row["kind"] == "pair"} == {("apart", "a5", "a1"), ("apart", "a5", "a3")}  # fmt: skip
        for each in made:
            code, out = await mend(settings, "undo", each.id, "--by", "Eve")
            assert code == 0, out
        code, out = await mend(settings, "ls", "--json")
        assert [json.loads(line)["correction"]["action"] for line in out.splitlines()[-2:]] == ["undo", "undo"]
        back = await stories(settings)
        assert back["a0"].headline in {one.title for one in back["a0"].articles}
        assert "a5" in {one.id for one in back["a1"].articles}
        assert {back[first].pins for first in ("a0", "a1")} == {None}
        assert workers.stop("cluster") == [0]
