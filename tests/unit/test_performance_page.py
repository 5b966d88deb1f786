"""The page about speed says what its figures say."""

from __future__ import annotations

from pathlib import Path

import performance
import pytest

from streams.contracts import codec

REFERENCE = Path(__file__).parents[2] / "docs" / "reference"


@pytest.fixture(scope="module")
def figures():
    return codec.loads((REFERENCE / "performance.json").read_bytes())


def test_the_page_and_the_picture_are_those_of_the_figures(figures):
    assert (REFERENCE / "performance.md").read_text(encoding="utf-8") == performance.page(figures)
    assert (REFERENCE / "performance-cpu.svg").read_text(encoding="utf-8") == performance.picture(figures)


def test_a_stages_time_is_its_processes_and_its_pools():
    costs = {"clean": 1.0, "clean pool": 2.0, "tag": 4.0, "broker": 8.0, "supervisor": 16.0, "cluster": 32.0}
    assert performance.by_stage(costs) == {"clean": 3.0, "tag": 4.0, "cluster": 32.0}


def test_a_second_worker_and_quixstreams_are_told_of_where_they_were_measured(figures):
    recovery = [{"stories": 1000, "megabytes": 1.5, "read_seconds": 0.25, "restore_seconds": 0.75}]
    added = {"quix": figures["plain"], "ready_seconds": 9.5, "scaling": {"1": 40.0, "2": 70.0}, "recovery": recovery}
    page = performance.page({**figures, **added})
    assert "**1.75 times**" in page
    assert "| 1,000 | 1.5 | 0.25 | 0.75 |" in page
    assert "| the same functions on quixstreams |" in page
    assert "On plain aiokafka and quixstreams there is" in page
    assert "quixstreams" in performance.picture({**figures, **added})
