"""Command lines of ours, parsed and not run."""

from __future__ import annotations

import click

from streams.cli import cli


def parse(arguments: list[str]) -> None:
    """Parse a command line as the program would, without running it; raises ``click.UsageError``."""
    command: click.Command = cli
    context = click.Context(cli, info_name="streams")
    while isinstance(command, click.Group):
        name, found, arguments = command.resolve_command(context, arguments)
        assert name is not None
        assert found is not None
        command = found
        context = click.Context(found, info_name=name, parent=context)
    command.make_context(command.name, list(arguments))
