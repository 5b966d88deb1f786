"""The command line, `streams`. Data on stdout, messages on stderr; every error says what, why and what to do.

Commands load when they are called, so that `streams --help` and the light ones start at once.
"""

from __future__ import annotations

import importlib.util
import sys

import click

from streams import __version__
from streams.cli.console import CommandError, say

#: Command → the module that holds it, under the same name: under `streams.cli`, or by its full name.
_COMMANDS = {
    "demo": "demo",
    "seed": "seed",
    "follow": "follow",
    "sources": "follow",
    "watch": "watch",
    "notify": "notify",
    "worker": "worker",
    "dashboard": "dashboard",
    "topics": "topics",
    "broker": "broker",
    "tail": "watching",
    "explain": "watching",
    "clean": "filters",
    "tag": "filters",
    "cluster": "filters",
    "mend": "mend",
    "dlq": "dlq",
    "doctor": "doctor",
    "replay": "replay",
    "export": "export",
    "state": "state",
    "models": "models",
    "eval": "training.commands.evaluate",
    "train": "training.commands.train",
    "synth": "synth",
}

#: What fits and measures the models is in a checkout of the sources only.
_CHECKOUT = bool(importlib.util.find_spec("training") and importlib.util.find_spec("training.commands"))


class _Lazy(click.Group):
    def list_commands(self, ctx: click.Context) -> list[str]:
        return [name for name, module in _COMMANDS.items() if "." not in module or _CHECKOUT]

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        module = _COMMANDS.get(cmd_name)
        if module is None:
            return None
        if "." not in module:
            module = f"streams.cli.{module}"
        elif not _CHECKOUT:
            raise CommandError(
                f"`streams {cmd_name}` is not part of the installed package: it fits and measures the models, from a "
                "checkout of the sources (git clone, then `make test` or `pip install -e .[dev]`)"
            )
        command = getattr(importlib.import_module(module), cmd_name.replace("eval", "evaluate"))
        assert isinstance(command, click.Command)
        return command


@click.group(cls=_Lazy, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(__version__, prog_name="streams")
@click.option("--debug", is_flag=True, help="Show the traceback of an error.")
def cli(debug: bool) -> None:
    """Raw news articles in, stories with their evidence out."""
    del debug  # read by `main`, which alone decides how an error is shown


def main() -> None:
    """The console script. Exit codes: 0 done, 1 failed, 2 wrong usage, 130 interrupted."""
    debug = "--debug" in sys.argv[1:2]
    try:
        # Outside standalone mode click returns the code of `Exit` instead of raising it.
        sys.exit(cli(prog_name="streams", standalone_mode=False))
    except click.ClickException as error:
        error.show()
        sys.exit(error.exit_code)
    except (click.Abort, KeyboardInterrupt):
        sys.exit(130)
    except BrokenPipeError:
        # The reader (`head`, a pager) has gone: not an error, but nothing more can be written, even at exit.
        sys.stderr.close()
        sys.exit(0)
    except (CommandError, ValueError, OSError) as error:
        if debug:
            raise
        say(f"error: {error}")
        sys.exit(1)
    except Exception as error:
        if debug:
            raise
        if (refused := _refusal(error)) is not None:
            say(f"error: {refused}")
            sys.exit(1)
        say(f"error: {type(error).__name__}: {error}. This is a fault of ours: run `streams --debug …` to see where.")
        sys.exit(1)


def _refusal(error: Exception) -> str | None:
    """What a Kafka client's error says of missing rights; None of any other error."""
    if "aiokafka" not in sys.modules:
        return None
    from streams.kafka.access import refusal

    return refusal(error)
