"""`streams eval`: quality on data with known answers, out of fold where something was learned."""

from __future__ import annotations

import importlib
from pathlib import Path

import click

from streams import codec
from streams.cli.console import paper, write_line

_data = click.option(
    "--data",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    default=Path("../shared/data"),
    show_default=True,
    help="Folder with the development data (cleaning/, entities/, stories/).",
)
_json = click.option("--json", "as_json", is_flag=True, help="Print the figures as JSON.")


@click.group("eval")
def evaluate() -> None:
    """Measure quality: cleaning, entities, stories."""


def _run(what: str, data: Path, as_json: bool) -> None:
    module = importlib.import_module(f"streams.evaluation.{what}")
    figures = module.measure(data)
    if as_json:
        write_line(codec.encode(figures))
    else:
        paper().print(module.render(figures))


@evaluate.command()
@_data
@_json
def cleaning(data: Path, as_json: bool) -> None:
    """Shingle F1 of the cleaned text (pages and dumps), against other extractors."""
    _run("cleaning", data, as_json)


@evaluate.command()
@_data
@_json
def entities(data: Path, as_json: bool) -> None:
    """Exact-span F1 of PER, ORG and LOC, against the model's raw output."""
    _run("entities", data, as_json)


@evaluate.command()
@_data
@_json
def stories(data: Path, as_json: bool) -> None:
    """B-cubed and pairwise F1 of stories formed online, against baselines."""
    _run("stories", data, as_json)
