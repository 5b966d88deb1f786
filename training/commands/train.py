"""`streams train`: learn the weights that the package ships, from development data. Needs the `dev` extra."""

from __future__ import annotations

import importlib
from pathlib import Path

import click

from streams.cli.console import paper


@click.group()
def train() -> None:
    """Learn the shipped weights again (cleaning, recogniser, entities, stories, links). Only in a checkout."""


def _run(what: str, data: Path, **more: Path | None) -> None:
    module = importlib.import_module(f"training.train_{what}")
    paper().print(module.train(data, **more))


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


_file = click.Path(exists=True, dir_okay=False, path_type=Path)


@train.command()
@_data
@click.option("--decisions", type=_file, help="What people decided, as `streams mend export` printed it.")
@click.option("--articles", type=_file, help="The articles of those, as `streams export articles` wrote them (.jsonl).")
def stories(data: Path, decisions: Path | None, articles: Path | None) -> None:
    """Train the join decision on DATA/stories, on made-up news and on what people decided, and print the out-of-fold
    report."""
    if (decisions is None) != (articles is None):
        raise click.UsageError("--decisions and --articles go together: the rows name articles, and hold no text")
    _run("stories", data, decisions=decisions, articles=articles)


@train.command()
@_data
def links(data: Path) -> None:
    """Train what links a new story to older ones on DATA/stories, and print the report with each set left out."""
    _run("links", data)
