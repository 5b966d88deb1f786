"""What `streams eval` and `streams train` call by name is there."""

from __future__ import annotations

import importlib

import pytest


@pytest.mark.parametrize("what", ["cleaning", "entities", "stories"])
def test_what_the_commands_call_by_name_is_there(what: str) -> None:
    measured, learned = importlib.import_module(f"training.{what}"), importlib.import_module(f"training.train_{what}")
    assert all(map(callable, (measured.measure, measured.render, learned.train)))


@pytest.mark.parametrize("what", ["metadata", "rejections"])
def test_what_is_measured_and_not_learned_is_there(what: str) -> None:
    measured = importlib.import_module(f"training.{what}")
    assert all(map(callable, (measured.measure, measured.render)))


def test_the_recogniser_is_taught_by_name() -> None:
    assert callable(importlib.import_module("training.train_recogniser").train)
