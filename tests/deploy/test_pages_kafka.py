"""What the pages tell a reader to do is done: every command of their blocks, in order, on a real Kafka with news in it.

What only stands for something of the reader's (an address, a port, a story) is replaced by what there is here. The rest
is as on the page. What is not run stands in ``NOT_RUN`` with the reason; `tests/unit/test_documented_commands.py` looks
at each of those, and at the commands in running text, as far as that goes without running them.
"""

from __future__ import annotations

import asyncio
import http.server
import json
import os
import re
import shutil
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import pytest
from aiokafka import AIOKafkaProducer
from module_at import ROOT
from newsroom import live_stories, members
from outlets import Answer, Outlets, Paper, page, rss
from pages import PAGES, in_blocks
from reader import STAYS, Reader
from takers import Mailbox, taking

from streams.dashboard.web.editors import line_of
from streams.kafka.local.apache import KafkaBroker, kafka_version
from streams.kafka.local.process import free_port
from streams.settings import Settings, load

NOT_RUN = {
    r"docker compose .*": "no container engine; `make verify-deploy` has compose-go read the file, all profiles",
    r"kubectl .*": "no cluster; `make verify-deploy` builds the overlays and puts them before their own validators",
    r"connect-standalone\.sh .*": "tests/integration/test_connect_kafka.py runs it, with the page's files",
    r"promtool test rules .*": "`make verify-deploy` runs it, as a check of its own",
    r"streams mend (?!ls|export).*": "of the reader's stories; tests/integration/test_mending_kafka.py mends",
    r"streams (train|eval) .*\bDATA\b.*": "ten minutes to hours, on data that is not in the repository",
}
#: Told to make without being carried out: CI's script calls most of them, and one of them runs this test.
MAKE = re.compile(r"make (.+)")
#: What a command ends with where that is the point of the page.
CODES = {("secure.md", "streams doctor"): 1, ("operate.md", "STREAMS_PARTITIONS=8 streams topics apply"): 1}
CLASSES = {
    "kafka-topics.sh": "TopicCommand",
    "kafka-acls.sh": "AclCommand",
    "kafka-consumer-groups.sh": "consumer.group.ConsumerGroupCommand",
}
USER, PASSWORD = "news-clean", "a-password-1234"
#: Followed one after the other, by somebody who has only Python.
TUTORIAL = sorted((ROOT / "docs" / "tutorial").glob("*.md"))


@pytest.fixture(scope="module")
def programs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Kafka's own commands as its distribution has them, over its jars from Maven."""
    folder = tmp_path_factory.mktemp("bin")
    jars, pom = folder / "class.path", Path(__file__).parent / "kafka-tools" / "pom.xml"
    try:
        subprocess.run(
            ["mvn", "-q", "-B", "-f", str(pom), f"-Dkafka.version={kafka_version()}", "dependency:build-classpath",
             f"-Dmdep.outputFile={jars}"],
            check=True, capture_output=True, timeout=280,
        )  # fmt: skip
    except (OSError, subprocess.SubprocessError) as error:
        (pytest.fail if os.environ.get("CI") else pytest.skip)(f"Kafka's commands cannot be had from Maven: {error}")
    for name, class_ in CLASSES.items():
        java = (
            f'exec java -XX:TieredStopAtLevel=1 -cp "{jars.read_text().strip()}" org.apache.kafka.tools.{class_} "$@"'
        )
        (folder / name).write_text(f"#!/bin/sh\n{java}\n")
        (folder / name).chmod(0o755)
    return folder


@pytest.fixture
def outlet(tmp_path: Path) -> Iterator[str]:
    """The address of a feed with one article; served from here, as nobody else's is asked in a test."""
    folder = tmp_path / "outlet"
    folder.mkdir()
    handler = partial(_Quiet, directory=str(folder))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        address = f"http://127.0.0.1:{server.server_address[1]}"
        (folder / "one.html").write_bytes(page("The northern quay of Lindvik is closed"))
        (folder / "feed.xml").write_bytes(rss([f"{address}/one.html"]))
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        yield f"{address}/feed.xml"
        server.shutdown()
        thread.join()


class _Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, format: str, *args: object) -> None:
        """Not to the tests' stderr."""


@pytest.fixture
def folder(tmp_path: Path, outlet: str) -> Path:
    """A checkout, with the files that the pages speak of."""
    here = tmp_path / "checkout"
    (here / "articles").mkdir(parents=True)
    for seed in (ROOT / "seeds").glob("*.txt"):
        shutil.copy(seed, here / "articles")
    (here / "page.html").write_bytes(page("The ferry Aurora ran aground off Lindvik"))
    said = "The ferry Aurora ran aground in thick fog off Lindvik on Monday, the coast guard said. " * 4
    for name in ("feed.jsonl", "raw.jsonl"):
        (here / name).write_text(json.dumps({"content": said}) + "\n")
    (here / "sources").mkdir()
    (here / "sources" / "lindvik.toml").write_text(f'[[source]]\nname = "Lindvik Courier"\nurl = "{outlet}"\n')
    (here / "my-feeds.opml").write_text(f'<opml version="2.0"><body><outline xmlUrl="{outlet}"/></body></opml>')
    (here / "editors").write_text(line_of("Ada Berg", PASSWORD) + "\n")
    (here / ".venv").symlink_to(sys.prefix)
    (here / "deploy").symlink_to(ROOT / "deploy")
    return here


def here(command: str, stands_for: dict[str, str]) -> str:
    for written, meant in stands_for.items():
        command = command.replace(written, meant)
    return command


def do(page_: Path, reader: Reader, stands_for: dict[str, str], before: Callable[[str], None] = lambda _: None) -> int:
    """Do what a page says; how many of its commands were run."""
    count = 0
    for command in in_blocks(page_.read_text(encoding="utf-8")):
        if any(re.fullmatch(pattern, command) for pattern in NOT_RUN):
            continue
        count += 1
        before(command)
        meant = here(command, stands_for)
        target = MAKE.fullmatch(command)
        if target:
            reader.run(f"make --dry-run --directory {ROOT} {target[1]}")
        elif any(command.startswith(name) for name in STAYS):
            if meant not in reader.up:
                reader.keep_up(meant)
        else:
            reader.run(meant, code=CODES.get((page_.name, command), 0))
    return count


async def send_bad(settings: Settings) -> None:
    """Two records of which tagging can make nothing."""
    async with AIOKafkaProducer(bootstrap_servers=settings.bootstrap_servers) as producer:
        for _ in range(2):
            await producer.send_and_wait(f"{settings.topic_prefix}.articles.clean", b"\xff no article", partition=0)


@pytest.mark.timeout(900)
def test_what_the_pages_say_is_done(programs: Path, folder: Path) -> None:
    port = free_port()
    stands_for = {
        "kafka://127.0.0.1:9092": f"kafka://127.0.0.1:{port}",
        "--engine kafka": f"--engine kafka --port {port} --data {folder / 'kafka'}",
        "streams dashboard": "streams dashboard --port 0",
        "…": f"--bootstrap-server 127.0.0.1:{port}",
    }
    settings = load(broker=f"kafka://127.0.0.1:{port}")
    readme = ROOT / "README.md"
    with Reader(folder, programs).session() as reader:
        reader.env |= {
            "STREAMS_DATA_DIR": str(folder / "data"),
            "STREAMS_FOLLOW_PRIVATE": "true",
            "STREAMS_SESSION_TIMEOUT": "6",
        }
        count = do(readme, reader, stands_for)
        stories = reader.until(lambda: asyncio.run(live_stories(settings)))
        asyncio.run(send_bad(settings))
        letters = reader.until(lambda: re.findall(r"\b\d+:\d+\b", reader.run("streams dlq ls --stage tag"))[:2])
        stands_for |= {"s-3f1c9a": next(iter(stories)), "0:17": letters[0], "0:18": letters[-1]}
        # Operating comes last: it deletes a topic, and adds partitions to others.
        for one in sorted(PAGES, key=lambda page: page.name == "operate.md"):
            if one not in (readme, ROOT / "docs/how-to/secure.md", *TUTORIAL):
                count += do(one, reader, stands_for, partial(prepare, reader))
        assert (folder / "news.sqlite").stat().st_size > 0
        assert (folder / "articles.parquet").stat().st_size > 0
    assert count > 40


def prepare(reader: Reader, command: str) -> None:
    """What the page says in words before a command: workers have stopped when a topic of theirs is deleted."""
    if command.startswith("kafka-topics.sh"):
        for up in [
            each for each in reader.up if each.startswith(("streams worker", "streams follow", "streams notify"))
        ]:
            reader.end(up)


@pytest.mark.timeout(300)
def test_what_the_page_on_secured_clusters_says_is_done(programs: Path, folder: Path) -> None:
    with KafkaBroker(data_dir=folder / "kafka", secure=True, users=[(USER, PASSWORD)]) as broker:
        assert broker.secured is not None
        (folder / "kafka-password").write_text(PASSWORD)
        (folder / "admin.properties").write_text(
            "security.protocol=SASL_SSL\nsasl.mechanism=SCRAM-SHA-512\n"
            f"ssl.truststore.type=PEM\nssl.truststore.location={broker.secured.ca}\n"
            "sasl.jaas.config=org.apache.kafka.common.security.scram.ScramLoginModule required "
            f'username="streams" password="{broker.secured.password}";\n'
        )
        address = f"--bootstrap-server {broker.bootstrap}"
        stands_for = {
            "kafka-1.example.org:9093,kafka-2.example.org:9093": broker.bootstrap,
            "/run/secrets/kafka-password": str(folder / "kafka-password"),
            "/etc/kafka/ca.pem": str(broker.secured.ca),
            "--bootstrap-server …": address,
            "…": f"{address} --command-config admin.properties --add --allow-principal User:{USER}",
        }
        with Reader(folder, programs).session() as reader:
            assert do(ROOT / "docs/how-to/secure.md", reader, stands_for) == 10


@pytest.mark.timeout(600)
async def test_what_the_tutorial_says_is_done(folder: Path) -> None:
    """On the embedded broker, with ten outlets and a mail server of this machine: a mail tells of the seeds' story."""
    first, feeds, watch = TUTORIAL
    hosts = tuple(f"127.0.0.{number}" for number in range(1, 11))
    port, mailbox = free_port(), Mailbox()
    async with Outlets(hosts=hosts) as outlets, taking(mailbox):
        listed = []
        for number, host in enumerate(hosts):
            said = "The northern quay of Lindvik is closed" if number < 3 else f"Council {number} votes on its harbour"
            outlets.plays[host] = Paper(rss, [outlets.url(host, "/one")], {"/one": Answer(body=page(said))})
            listed.append(f'[[source]]\nname = "Paper {number}"\nurl = "{outlets.url(host, "/list")}"\n')
        (folder / "sources" / "world.toml").write_text("".join(listed))
        shutil.copytree(ROOT / "seeds", folder / "seeds")
        (folder / "smtp-password").write_text(PASSWORD)
        stands_for = {
            "kafka://127.0.0.1:9092": f"kafka://127.0.0.1:{port}",
            "streams broker": f"streams broker --port {port}",
            "streams dashboard": "streams dashboard --port 0",
            "streams demo --world": "streams demo --world --articles 60",
            "smtp.example.org": "127.0.0.1",
            "STREAMS_SMTP_USER=news@example.org": f"STREAMS_SMTP_SECURITY=none STREAMS_SMTP_PORT={mailbox.port}",
        }
        settings = load(broker=f"kafka://127.0.0.1:{port}")
        with Reader(folder).session() as reader:
            reader.env |= {
                "STREAMS_DATA_DIR": str(folder / "data"),
                "STREAMS_FOLLOW_PRIVATE": "true",
                "STREAMS_SESSION_TIMEOUT": "6",
            }
            assert await asyncio.to_thread(do, first, reader, stands_for) == 3
            reader.end("streams demo --world --articles 60")
            assert await asyncio.to_thread(do, feeds, reader, stands_for) == 11

            def told() -> list[str]:
                return members(asyncio.run(live_stories(settings)).values())

            await asyncio.to_thread(reader.until, lambda: len(told()) == len(hosts))
            assert await asyncio.to_thread(do, watch, reader, stands_for) == 11
            await asyncio.to_thread(reader.until, lambda: [mail for mail in mailbox.got if "spies" in mail["subject"]])
    # Both watches may tell of the seeds, and of nothing else: what came from the feeds was there before them.
    assert len({mail["subject"] for mail in mailbox.got}) == len(mailbox.got) <= 2
    assert all("you@example.org" in mail["to"] and "Putin" in mail["subject"] for mail in mailbox.got)
    assert outlets.by_host().keys() == set(hosts)
    assert (folder / "my-stories.csv").stat().st_size > 0


def test_what_is_not_run_is_on_a_page() -> None:
    found = {command for one in PAGES for command in in_blocks(one.read_text(encoding="utf-8"))}
    for pattern in NOT_RUN:
        assert any(re.fullmatch(pattern, command) for command in found), pattern
