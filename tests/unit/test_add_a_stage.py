"""The page on adding a stage, followed to the letter in a copy of the package: what stands there runs."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "how-to" / "add-a-stage.md"
_BLOCK = re.compile(r"^\*\*(?P<file>[\w./-]+)\*\*\n\n```(?P<kind>\w+)\n(?P<code>.*?)^```$", re.MULTILINE | re.DOTALL)


def patched(text: str, diff: str) -> str:
    """The text with a diff's hunks applied, each where its lines stand, which must be one place."""
    for hunk in diff.split("@@\n")[1:]:
        lines = [(line[:1], line[1:]) for line in hunk.splitlines(keepends=True)]
        before = "".join(line for sign, line in lines if sign in " -")
        assert text.count(before) == 1, before
        text = text.replace(before, "".join(line for sign, line in lines if sign in " +"))
    return text


@pytest.fixture(scope="module")
def python(tmp_path_factory: pytest.TempPathFactory) -> Callable[..., str]:
    """Runs Python in the copy; its output."""
    root = tmp_path_factory.mktemp("copy")
    shutil.copytree(ROOT / "streams", root / "streams", ignore=shutil.ignore_patterns("__pycache__"))
    for shared in (Path("tests/helpers/log_in_memory.py"), Path("tests/unit/runtime/conftest.py")):
        (root / shared).parent.mkdir(parents=True)
        shutil.copy(ROOT / shared, root / shared)
    shutil.copy(ROOT / "pyproject.toml", root)
    for block in _BLOCK.finditer(PAGE.read_text(encoding="utf-8")):
        path = root / block["file"]
        assert path.exists() == (block["kind"] == "diff"), f"{block['file']}: a new file is whole, another a diff"
        code = block["code"]
        path.write_text(patched(path.read_text(encoding="utf-8"), code) if block["kind"] == "diff" else code, "utf-8")

    def run(*args: str) -> str:
        env = os.environ | {"PYTHONPATH": str(root), "PYTHONDONTWRITEBYTECODE": "1"}
        done = subprocess.run([sys.executable, *args], cwd=root, env=env, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    return run


def test_every_block_of_code_says_which_file_it_is() -> None:
    text = PAGE.read_text(encoding="utf-8")
    assert len(_BLOCK.findall(text)) == text.count("\n```") / 2 >= 5


def test_the_pages_own_test_passes(python: Callable[..., str]) -> None:
    assert "3 passed" in python(
        "-m", "pytest", "-q", "-p", "no:cacheprovider", "tests/unit/runtime/test_reading_time.py"
    )


def test_the_commands_know_the_stage(python: Callable[..., str]) -> None:
    rows = [json.loads(line) for line in python("-m", "streams", "topics", "list", "--json").splitlines()]
    (row,) = [each for each in rows if each["topic"] == "news.articles.reading-time"]
    assert row == {
        "topic": "news.articles.reading-time",
        "record": "ReadingTime",
        "key": "article id",
        "written_by": ["reading-time"],
        "read_by": ["you"],
    }
    (clean,) = [each for each in rows if each["topic"] == "news.articles.clean"]
    assert clean["read_by"] == ["clean", "tag", "reading-time"]
    assert "reading-time" in python("-m", "streams", "worker", "--help")
    assert "[clean|tag|cluster]" in python("-m", "streams", "replay", "--help"), "stories do not depend on it"


def test_its_app_its_rights_and_its_health_follow_from_the_row(python: Callable[..., str]) -> None:
    code = """
from streams.contracts.topology import STAGES
from streams.dashboard.follow.health import OUTPUTS, Health
from streams.kafka.access import STAGE_ACCESS
from streams.runtime.faust.app import create_app
from streams.settings import load

access = STAGE_ACCESS["reading-time"]
print(*STAGES)
print(*[each.stage for each in Health().report(0.0)])
print(*[topic.name for topic in access.reads], "|", *[topic.name for topic in access.writes], "|", access.group)
print("articles.reading-time" in [topic.name for topic in OUTPUTS])
app = create_app(load(), "reading-time")
print(app.conf.id, *app.agents, type(app.stage).__name__)
"""
    assert python("-c", code).splitlines() == [
        "clean tag cluster alert reading-time",
        "clean tag cluster alert reading-time",
        "articles.clean | articles.reading-time rejections dead-letters | reading-time",
        "True",
        "news.reading-time reading-time ReadingTimeStage",
    ]


def test_the_pages_code_passes_the_checks_that_ours_does(python: Callable[..., str]) -> None:
    python("-m", "ruff", "check", "--no-cache", ".")
    python("-m", "ruff", "format", "--no-cache", "--check", ".")
    python("-m", "mypy", "--cache-dir", os.devnull, "streams/runtime/stages", "streams/stages/reading_time.py")
