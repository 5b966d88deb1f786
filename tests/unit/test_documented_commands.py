"""Every command that the pages name, in a block or in a sentence, is one: our own are parsed as they stand there.

Those of blocks are run by ``tests/deploy/test_pages_kafka.py``. Programs that are not looked at here stand in
``NOT_OURS``, with the reason. A command of a program that is in no table fails.
"""

from __future__ import annotations

import os
import re
import shlex
import shutil
import subprocess
import tomllib
from collections.abc import Callable, Iterator
from importlib.util import find_spec
from itertools import pairwise
from pathlib import Path

import click
import pytest
import yaml
from command_line import parse
from module_at import ROOT
from pages import PAGES, in_blocks

from streams.cli import cli
from streams.settings import Settings

_FENCED = re.compile(r"^ *```.*?^ *```", re.MULTILINE | re.DOTALL)
_SETTING = re.compile(r"STREAMS_[A-Z_]+(?==)")

#: Programs that are not run here, and why not, or what runs them instead.
NOT_OURS = {
    "docker": "no container engine; the file's commands, services and settings are checked in tests/unit/deploy",
    "kubectl": "no cluster; `make verify-deploy` builds the overlays and puts them before their own validators",
    "kafka-acls.sh": "of Kafka's own distribution; run with the page",
    "kafka-topics.sh": "the same",
    "kafka-consumer-groups.sh": "the same",
    "connect-standalone.sh": "tests/integration/test_connect_kafka.py runs it, from Maven",
    "npm": "tests/integration/test_consume_kafka.py installs what the page names, pinned",
    "node": "tests/integration/test_consume_kafka.py runs it",
    "java": "tests/integration/test_consume_kafka.py runs it",
    "apt-get": "the Makefile does it, as root",
    "sudo": "the same",
    "git": "what git has always taken",
    "source": "of the shell",
    "cp": "the same",
    "jq": "of the reader's",
}
#: What the pages write for a file, a folder or a name of the reader's.
STANDS_FOR = {"STAGE": "clean", "PARTITION:OFFSET": "0:17", "…": "DATA", "PATH…": "articles"}


def commands(text: str) -> Iterator[tuple[str, bool]]:
    """Each command of a page's blocks and, shorter ones included, of its running text (then False)."""
    for command in in_blocks(text):
        yield command, True
    for span in re.findall(r"`([^`\n]+)`", _FENCED.sub("", text)):
        if re.match(rf"(?:{'|'.join(map(re.escape, HANDLERS))}) \S", span):
            # In a table's cell the bar is escaped.
            yield span.replace("\\|", "|"), False


def words(command: str) -> list[str]:
    return [STANDS_FOR.get(word, word) for word in shlex.split(command)]


def is_ours(arguments: list[str], whole: bool) -> None:
    """A command line of `streams`; in running text a group's name will do."""
    command: click.Command = cli
    for number, name in enumerate(arguments):
        if not isinstance(command, click.Group):
            break
        if not whole and number == len(arguments) - 1:
            found = command.get_command(click.Context(command), name)
            if isinstance(found, click.Group):
                return
        command = command.get_command(click.Context(command), name) or command
    try:
        parse(arguments)
    except click.MissingParameter:
        # A sentence may name a command without what it works on.
        if whole:
            raise


def is_a_target(arguments: list[str], _: bool) -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    for word in arguments:
        name, given, _value = word.partition("=")
        pattern = rf"\$[({{]{name}[)}}]|\$\(if \$\({name}\)|^{name} \?=" if given else rf"^{name}:"
        assert re.search(pattern, makefile, re.MULTILINE), word


def is_a_module(arguments: list[str], _: bool) -> None:
    """A file or module of ours that takes the options; consumers of the pages are run by a test of their own."""
    if arguments[0] == "stories.py":
        return
    if arguments[0] == "-m":
        found = find_spec(arguments[1])
        assert found is not None
        assert found.origin is not None
        path, options = Path(found.origin), arguments[2:]
    else:
        path, options = ROOT / arguments[0], arguments[1:]
    text = path.read_text(encoding="utf-8")
    assert [each for each in options if each.startswith("--") and f'"{each}"' not in text] == []


def can_be_installed(arguments: list[str], _: bool) -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert arguments[0] == "install"
    for word in arguments[1:]:
        extra = re.fullmatch(r"news-streams\[(\w+)\]", word)
        known = (
            extra[1] in project["optional-dependencies"] if extra else f'"{word}>=' in str(project).replace("'", '"')
        )
        assert known or word in ("-e", ".[dev]"), word


def runs(arguments: list[str], _: bool) -> None:
    """A validator over our files: it is run, but for the alerts' tests, which `make verify-deploy` runs (15 s)."""
    if arguments[:2] == ["test", "rules"]:
        assert all((ROOT / each).is_file() for each in arguments[2:])
        return
    program = shutil.which("promtool")
    if program is None:
        (pytest.fail if os.environ.get("CI") else pytest.skip)("no promtool: sudo apt-get install prometheus")
        raise AssertionError
    subprocess.run([program, *arguments], cwd=ROOT, check=True, capture_output=True, timeout=60)


def names_settings(arguments: list[str], _: bool) -> None:
    assert all(_SETTING.match(word) for word in arguments)


def of_compose(arguments: list[str], _: bool) -> None:
    """Services that a command of Docker's names are in the Compose file, and so are profiles."""
    services = yaml.safe_load((ROOT / "docker-compose.yml").read_text(encoding="utf-8"))["services"]
    if arguments[0] != "compose":
        return
    scaled = [word.partition("=")[0] for before, word in pairwise(arguments) if before == "--scale"]
    profiles = [word for before, word in pairwise(arguments) if before == "--profile"]
    assert set(scaled) <= services.keys()
    assert set(profiles) <= {profile for each in services.values() for profile in each.get("profiles", [])}
    if "run" in arguments:
        assert services.keys() & set(arguments)


def nothing(_: list[str], __: bool) -> None:
    """Not ours: see ``NOT_OURS``."""


HANDLERS: dict[str, Callable[[list[str], bool], None]] = {
    **dict.fromkeys(NOT_OURS, nothing),
    "streams": is_ours,
    "make": is_a_target,
    "python": is_a_module,
    "pip": can_be_installed,
    "promtool": runs,
    "export": names_settings,
    "docker": of_compose,
}


def check(command: str, whole: bool) -> None:
    """Raise where a command line is none, whatever its program."""
    for part in command.split(" | "):
        # `topics plan|apply` in a sentence is two commands.
        choice = re.search(r"\b(\w+)\|(\w+)\b", part)
        for each in [part.replace(choice[0], choice[n]) for n in (1, 2)] if choice else [part]:
            line = words(each)
            while line and _SETTING.match(line[0]):
                line.pop(0)
            settings = _SETTING.findall(each)
            unknown = {name for name in settings if name.removeprefix("STREAMS_").lower() not in Settings.model_fields}
            assert unknown == set()
            assert line[0] in HANDLERS, f"{line[0]} is in no table here"
            HANDLERS[line[0]](line[1:], whole)


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where the files are that the pages speak of, and the data beside the checkout that the report asks for."""
    here = tmp_path / "checkout"
    for name in ("articles", "seeds", "DATA", "DIR", "../shared/data"):
        (here / name).mkdir(parents=True)
    shutil.copy(next((ROOT / "seeds").glob("*.txt")), here / "articles")
    (here / "page.html").write_text("<html><body><p>The ferry ran aground in thick fog.</p></body></html>")
    row = '{"content": "The ferry Aurora ran aground in thick fog off Lindvik on Monday, the coast guard said."}\n'
    shutil.copytree(ROOT / "sources", here / "sources")
    for name in ("my-feeds.opml", "my-feeds.toml", "decisions.jsonl", "articles.jsonl"):
        (here / name).touch()
    for name in ("feed.jsonl", "raw.jsonl"):
        (here / name).write_text(row)
    monkeypatch.chdir(here)
    return here


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
@pytest.mark.usefixtures("folder")
def test_its_commands_are_commands(page: Path) -> None:
    for command, whole in commands(page.read_text(encoding="utf-8")):
        try:
            check(command, whole)
        except (AssertionError, click.UsageError, subprocess.CalledProcessError) as error:
            pytest.fail(f"{command}: {error}")


def test_the_pages_have_commands() -> None:
    found = {command for page in PAGES for command, _ in commands(page.read_text(encoding="utf-8"))}
    assert len(found) > 60


@pytest.mark.parametrize(
    "wrong",
    ["streams topics aply", "streams dlq ls --stag tag", "streams seed", "make tests", "pip install news-strems",
     "STREAMS_BROKERS=x streams worker", "wget x", "docker compose --profile seen up", "promtool check rules none.yml",
     "python -m benchmarks.bench_clustering --storys 1", "streams clean raw.jsonl | streams tga"],
)  # fmt: skip
@pytest.mark.usefixtures("folder")
def test_what_is_no_command_would_be_seen(wrong: str) -> None:
    with pytest.raises((AssertionError, click.UsageError, subprocess.CalledProcessError)):
        check(wrong, True)
