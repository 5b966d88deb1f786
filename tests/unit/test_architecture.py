"""Who may import whom, checked on the code as it stands; and importing does nothing."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]


def test_import_contracts_hold():
    lint = Path(sys.executable).with_name("lint-imports")
    done = subprocess.run([lint, "--no-cache"], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def test_importing_the_package_loads_nothing_heavy():
    """No model, no Kafka client and no web framework comes with the command line's frame."""
    code = "import sys, streams.cli; print(sorted({'spacy', 'faust', 'aiokafka', 'trafilatura'} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_every_command_loads():
    from streams.cli import cli

    context = cli.make_context("streams", ["--help"], resilient_parsing=True)
    assert {name: cli.get_command(context, name) is not None for name in cli.list_commands(context)} == dict.fromkeys(
        cli.list_commands(context), True
    )
