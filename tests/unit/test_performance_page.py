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
