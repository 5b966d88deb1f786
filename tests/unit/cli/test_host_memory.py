"""`streams clean --host-memory FILE`: what one run saw of a host, the next one knows."""

import json

import pytest
from click.testing import CliRunner

from streams.cli import cli
from streams.cli.console import CommandError

FURNITURE = "Vellmark Post is the paper of the people of Vellmark, and you can support it from three euros a month."
STORIES = (
    ("ferry", "The ferry to Lindvik ran aground on Monday with sixty people on board, the coast guard said.",
     "Nobody was hurt, and all of the passengers were taken ashore in the evening by two fishing boats."),
    ("school", "The council voted on Tuesday to close the school at Norby after its last twelve pupils had left.",
     "Parents had asked for another year, in which a new estate of forty houses will be finished."),
    ("storm", "A storm tore the roof off the railway station at Astrup in the night, and trains stop short of it.",
     "The railway hopes to have the line open again by the weekend, a spokeswoman told this newspaper."),
)  # fmt: skip


def row(name, *paragraphs):
    text = "\n\n".join([*paragraphs, FURNITURE])
    return json.dumps({"content": text, "content_type": "text/plain", "url": f"https://vellmark.example/{name}"}) + "\n"


ROWS = [row(*story) for story in STORIES]


def clean(rows, *options):
    return CliRunner().invoke(cli, ["clean", *map(str, options)], input="".join(rows))


def articles(done):
    assert done.exit_code == 0, done.output
    return [json.loads(line) for line in done.stdout.splitlines()]


def test_two_runs_know_what_one_would(tmp_path):
    file = tmp_path / "hosts.jsonl"
    once = articles(clean(ROWS))
    first = articles(clean(ROWS[:2], "--host-memory", file))
    second = articles(clean(ROWS[2:], "--host-memory", file))
    assert first + second == once
    (alone,) = articles(clean(ROWS[2:]))
    assert FURNITURE in alone["text"]  # nothing but the host's other pages tells it from the article
    assert FURNITURE not in second[0]["text"]


def test_revisions_go_on(tmp_path):
    file = tmp_path / "hosts.jsonl"
    changed = row("ferry", STORIES[0][1], "Two of the passengers were hurt, as the coast guard found out overnight.")
    runs = [articles(clean([rows], "--host-memory", file))[0] for rows in (ROWS[0], ROWS[0], changed)]
    assert [run["revision"] for run in runs] == [0, 0, 1]


@pytest.mark.parametrize("content", [b"nonsense\n", b"[1]\n", b'{"key": "host:a:1", "row": 3}\n', b"\xff\xfe\n"])
def test_another_file_is_refused_and_left_alone(tmp_path, content):
    file = tmp_path / "other.jsonl"
    file.write_bytes(content)
    done = clean(ROWS[:1], "--host-memory", file)
    assert isinstance(done.exception, CommandError)
    assert str(file) in str(done.exception)
    assert file.read_bytes() == content
