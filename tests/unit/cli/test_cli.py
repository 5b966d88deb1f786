"""The commands as a person or a script meets them: stdout, stderr and exit code of the real program."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

SEEDS = sorted((Path(__file__).parents[3] / "seeds").glob("*.txt"))


def streams(*arguments, stdin=None, timeout=90, **env):
    return subprocess.run(
        [sys.executable, "-m", "streams", *map(str, arguments)],
        input=stdin,
        capture_output=True,
        text=True,
        timeout=timeout,
        check=False,
        env={**os.environ, **{name: str(value) for name, value in env.items()}},
    )


def raw_rows():
    return "".join(json.dumps({"content": path.read_text(), "content_type": "text/plain"}) + "\n" for path in SEEDS)


@pytest.fixture(scope="module")
def piped(tmp_path_factory):
    """The seeds through the three filters, as a shell pipe runs them."""
    folder = tmp_path_factory.mktemp("pipe")
    clean = streams("clean", stdin=raw_rows())
    tag = streams("tag", stdin=clean.stdout)
    cluster = streams("cluster", "--assignments", folder / "assignments.jsonl", stdin=tag.stdout)
    assert [done.returncode for done in (clean, tag, cluster)] == [0, 0, 0], clean.stderr + tag.stderr + cluster.stderr
    return clean.stdout, tag.stdout, cluster.stdout, (folder / "assignments.jsonl").read_text()


def lines(text):
    return [json.loads(line) for line in text.splitlines()]


def test_the_filters_make_one_story_of_the_seeds(piped):
    clean, tagged, stories, assignments = map(lines, piped)
    assert [row["title"] for row in clean] == [
        "MI6: 'No evidence' Putin wants to negotiate peace in Ukraine",
        "Putin in no mood to negotiate, UK spy chief says",
    ]
    assert [row["id"] for row in tagged] == [row["id"] for row in clean]
    (story,) = stories
    assert {row["story_id"] for row in assignments} == {story["id"]}
    assert {row["article_id"] for row in assignments} == {row["id"] for row in clean}


def test_the_filters_keep_stdout_for_data():
    clean = streams("clean", stdin=raw_rows())
    assert clean.stderr == ""


def test_sparse_rows_are_welcome():
    rows = '{"id": "a", "text": "A ferry ran aground off Lindvik."}\n{"id": "b", "text": "", "title": "Only a title"}\n'
    tagged = streams("tag", stdin=rows)
    stories = streams("cluster", stdin=tagged.stdout)
    assert (tagged.returncode, stories.returncode) == (0, 0), tagged.stderr + stories.stderr
    assert sorted(article["id"] for row in lines(stories.stdout) for article in row["articles"]) == ["a", "b"]
    direct = streams("cluster", stdin=rows)
    assert len(lines(direct.stdout)) == 2


def test_unreadable_lines_are_told_and_the_rest_goes_on():
    rows = 'nonsense\n{"content": 3}\n' + raw_rows().splitlines()[0] + '\n{"content": ""}\n'
    done = streams("clean", stdin=rows)
    assert done.returncode == 0
    assert len(lines(done.stdout)) == 1
    assert "<stdin>:1: not JSON" in done.stderr
    assert "<stdin>:2:" in done.stderr
    assert "$.content" in done.stderr
    assert "1 written, 1 rejected, 2 unreadable lines" in done.stderr


def test_nothing_readable_at_all_fails():
    assert streams("cluster", stdin="nonsense\n").returncode == 1


def test_clean_explains_what_it_dropped():
    done = streams("clean", "--explain", stdin=raw_rows())
    assert done.returncode == 0, done.stderr
    margin = {line.split("│", 1)[1].strip(): line.split("│", 1)[0] for line in done.stdout.splitlines() if "│" in line}
    assert margin["Read more from Sky News:"].startswith("-")
    assert margin["Podcasts"].startswith("-")
    assert margin["Putin in no mood to negotiate, UK spy chief says"].startswith("-")  # the title, set apart
    (sentence,) = [line for line in margin if line.startswith("Tens of thousands of people have been killed")]
    assert margin[sentence].strip() == "keep"
    assert "\x1b[" not in done.stdout  # plain in a pipe


def test_a_closed_pipe_is_no_error():
    done = subprocess.run(
        f"{sys.executable} -m streams clean | head -c 10", shell=True, input=raw_rows() * 50, capture_output=True,
        text=True, timeout=90, check=False,
    )  # fmt: skip
    assert "Traceback" not in done.stderr
    assert "error" not in done.stderr


@pytest.mark.parametrize(
    ("command", "env", "says"),
    [
        (("worker", "clean"), {"STREAMS_BROKER": "localhost"}, "STREAMS_BROKER='localhost' cannot work"),
        (("worker",), {"STREAMS_PARTITIONS": "none"}, "STREAMS_PARTITIONS='none' cannot work"),
        (("worker", "tag"), {"STREAMS_BROKER": "kafka://127.0.0.1:1"}, "no Kafka broker answers at 127.0.0.1:1"),
        (("topics", "apply"), {"STREAMS_BROKER": "kafka://127.0.0.1:1"}, "no Kafka broker answers at 127.0.0.1:1"),
        (("seed", SEEDS[0]), {"STREAMS_BROKER": "kafka://127.0.0.1:1"}, "no Kafka broker answers at 127.0.0.1:1"),
    ],
)
def test_what_cannot_work_is_one_clear_sentence_and_exit_code_1(command, env, says):
    done = streams(*command, **env)
    assert done.returncode == 1
    assert says in done.stderr
    assert "Traceback" not in done.stderr


def test_told_to_wait_it_keeps_trying_and_says_so():
    started = time.monotonic()
    done = streams("worker", "tag", STREAMS_BROKER="kafka://127.0.0.1:1", STREAMS_WAIT_FOR_BROKER=2)
    assert done.returncode == 1
    assert "trying again" in done.stderr
    assert 2 <= time.monotonic() - started < 30


def test_wrong_usage_is_exit_code_2():
    assert streams("worker", "nonsense").returncode == 2
    assert streams("nonsense").returncode == 2


def test_help_and_version():
    assert "Usage: streams" in streams("--help").stdout
    assert streams("--version").stdout.startswith("streams, version ")


@pytest.fixture(scope="module")
def demo():
    started = time.monotonic()
    done = streams("demo", "--once", "--json", timeout=120)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout), time.monotonic() - started


def test_the_demo_shows_one_story_with_both_seeds(demo, piped):
    shown, _ = demo
    (story,) = shown["stories"]
    clean = lines(piped[0])
    assert {article["id"] for article in story["articles"]} == {row["id"] for row in clean}
    assert {article["source"] for article in story["articles"]} == {"Sky News", "The Wall Street Journal"}
    wanted = {"person:vladimir-putin", "person:richard-moore", "person:donald-trump", "org:mi6", "place:ua", "place:ru",
              "place:gb"}  # fmt: skip
    assert wanted <= {entity["id"] for entity in story["entities"]}
    assert {"Istanbul", "Alaska"} <= {entity["name"] for entity in story["entities"]}
    assert story["headline"]


def test_the_demo_and_the_filters_tell_the_same_story(demo, piped):
    (shown,) = demo[0]["stories"]
    (filtered,) = lines(piped[2])
    assert (shown["id"], shown["headline"]) == (filtered["id"], filtered["headline"])
    for part in ("articles", "entities"):
        assert [each["id"] for each in shown[part]] == [each["id"] for each in filtered[part]]


def test_a_small_world_has_stories_and_the_alerts_of_its_watches():
    done = streams("demo", "--world", "--articles", "60", "--once", "--json", timeout=120)
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    assert sum(len(story["articles"]) for story in told["stories"]) >= 60
    assert any(story["storyline"] for story in told["stories"])
    alerts = {(alert["watch_id"], alert["story_id"]) for alert in told["alerts"]}
    assert len(alerts) == len(told["alerts"])
    assert {watch for watch, _ in alerts} >= {"fires", "breaking"}
    assert {story for _, story in alerts} <= {story["id"] for story in told["stories"]}
    assert "seeded 60 articles" in done.stderr
    assert "error" not in done.stderr.lower()


def test_the_demo_takes_either_files_or_a_world():
    assert "--world makes its articles up" in streams("demo", "--world", SEEDS[0]).stderr


def test_the_demo_takes_less_than_half_a_minute(demo):
    # Of a machine of its own: where other tests wait for the processors too, it waits as long as they do.
    waiting = max(1.0, os.getloadavg()[0] / (os.cpu_count() or 1))
    assert demo[1] < 30 * waiting
