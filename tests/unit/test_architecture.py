"""Who may import whom, checked on the code as it stands; and importing does nothing."""

from __future__ import annotations

import ast
import subprocess
import sys
import zipfile
from collections import Counter
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


def test_the_wheel_carries_what_the_service_runs_and_nothing_to_train_it(tmp_path: Path) -> None:
    build = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(tmp_path)]
    done = subprocess.run(build, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    (wheel,) = tmp_path.glob("*.whl")
    with zipfile.ZipFile(wheel) as held:
        names = held.namelist()
    assert {name.split("/")[0] for name in names if ".dist-info/" not in name} == {"streams"}
    assert not [name for name in names if "without" in name], "weights of folds"
    assert {"streams/stages/cluster/match/join.json", "streams/dashboard/web/templates/story.html"} <= set(names)


def test_without_a_checkout_the_commands_that_train_say_where_they_are() -> None:
    code = "import sys; sys.modules['training'] = None; import streams.cli; streams.cli.main()"
    shown = subprocess.run([sys.executable, "-c", code, "--help"], capture_output=True, text=True, check=False)
    assert "\n  replay " in shown.stdout
    assert "\n  train " not in shown.stdout
    done = subprocess.run([sys.executable, "-c", code, "train"], capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert "checkout of the sources" in done.stderr
    assert "Traceback" not in done.stderr


def test_no_two_classes_of_one_name() -> None:
    named = Counter(
        node.name
        for path in (ROOT / "streams").rglob("*.py")
        for node in ast.parse(path.read_text(encoding="utf-8")).body
        if isinstance(node, ast.ClassDef)
    )
    assert [name for name, count in named.items() if count > 1] == []


def test_no_function_takes_more_than_eight_positional_parameters() -> None:
    """Beyond that nobody knows which is which: an object holds what they share, or they are named."""
    many = [
        f"{path.relative_to(ROOT)}:{node.lineno}"
        for path in (ROOT / "streams").rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda)
        and len(node.args.posonlyargs) + len(node.args.args) > 8
    ]
    assert many == []
