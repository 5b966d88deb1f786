"""What the commands share: messages, progress, and reading and writing JSON lines."""

from __future__ import annotations

import logging
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path

from rich.console import Console

from streams.settings import Settings


class CommandError(Exception):
    """A command cannot go on. The message says what, why and what to do."""


def say(message: str) -> None:
    """A message to the person at the terminal, on stderr."""
    print(message, file=sys.stderr, flush=True)


def announce(settings: Settings, message: str) -> None:
    """What a service says of itself: to the person at the terminal, or as a log line where a program reads them."""
    if settings.log_format == "json":
        logging.getLogger(__name__).info(message)
    else:
        say(message)


def silence(*libraries: str) -> None:
    """No log lines of these on stderr: the command says in its own words what went wrong."""
    for library in libraries:
        logging.getLogger(library).setLevel(logging.CRITICAL)


def paper(*, stderr: bool = False) -> Console:
    """A console that is coloured on a terminal and plain in a pipe."""
    return Console(stderr=stderr, highlight=False, soft_wrap=True)


def read_lines(paths: Iterable[Path]) -> Iterator[tuple[str, int, bytes]]:
    """``(name, line number, line)`` of every non-empty line of the files, or of stdin where none is given."""
    named = list(paths)
    if not named:
        yield from _lines("<stdin>", sys.stdin.buffer)
    for path in named:
        with path.open("rb") as file:
            yield from _lines(str(path), file)


def _lines(name: str, file: Iterable[bytes]) -> Iterator[tuple[str, int, bytes]]:
    for number, line in enumerate(file, start=1):
        if line.strip():
            yield name, number, line


def write_line(data: bytes) -> None:
    """One JSON line to stdout."""
    sys.stdout.buffer.write(data + b"\n")
