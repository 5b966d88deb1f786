"""`streams train`: learn the weights that the package ships, from development data. Needs the `dev` extra."""

from __future__ import annotations

import importlib
from pathlib import Path

import click

from streams.cli.console import paper


@click.group()
def train() -> None:
    """Learn the shipped weights again (cleaning, recogniser, entities, stories, links). Only in a checkout."""


def _run(what: str, data: Path) -> None:
    module = importlib.import_module(f"training.train_{what}")
    paper().print(module.train(data))


_data = click.argument("data", type=click.Path(exists=True, file_okay=False, path_type=Path))


@train.command()
@_data
def cleaning(data: Path) -> None:
    """Train the line classifiers on DATA/cleaning and print the out-of-fold report."""
    _run("cleaning", data)


@train.command()
@_data
def entities(data: Path) -> None:
    """Train each backend's relabelling of names on DATA/entities; `streams eval entities` reports out of sample."""
    _run("entities", data)


@train.command()
@_data
def recogniser(data: Path) -> None:
    """Teach the fast recogniser what spaCy's finds in DATA/stories and DATA/cleaning, and train its relabelling."""
    _run("recogniser", data)


@train.command()
@_data
def stories(data: Path) -> None:
    """Train the join decision on DATA/stories and on made-up news, and print the out-of-fold report."""
    _run("stories", data)


@train.command()
@_data
def links(data: Path) -> None:
    """Train what links a new story to older ones on DATA/stories, and print the report with each set left out."""
    _run("links", data)
