"""The examples in docstrings are true, and every public entry point of these rooms has one."""

from __future__ import annotations

import doctest
import importlib
import inspect
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest

import streams

ROOT = Path(streams.__file__).parents[1]
#: Whose entry points need an example: rooms by their ``__all__``, modules by what they define without an underscore.
WITH_EXAMPLES = ("streams.stages.clean", "streams.stages.tag", "streams.models.store", "streams.models.table",
                 "streams.models.trees")  # fmt: skip


def modules() -> Iterator[str]:
    """Every module of ours that has an example."""
    for path in sorted((ROOT / "streams").rglob("*.py")):
        if ">>> " in path.read_text(encoding="utf-8"):
            yield ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")


def entry_points(module: ModuleType) -> dict[str, object]:
    """What a module offers; exceptions need no example, what raises them shows them."""
    own = [name for name, value in vars(module).items() if getattr(value, "__module__", None) == module.__name__]
    public = {name: getattr(module, name) for name in getattr(module, "__all__", own) if not name.startswith("_")}
    return {
        name: value
        for name, value in public.items()
        if inspect.isroutine(value) or (inspect.isclass(value) and not issubclass(value, BaseException))
    }


@pytest.mark.parametrize("name", list(modules()))
def test_examples_are_true(name: str) -> None:
    failed, tried = doctest.testmod(importlib.import_module(name))
    assert tried
    assert failed == 0


@pytest.mark.parametrize("name", WITH_EXAMPLES)
def test_every_entry_point_has_an_example(name: str) -> None:
    found = entry_points(importlib.import_module(name))
    assert found
    assert [entry for entry, value in found.items() if ">>> " not in (inspect.getdoc(value) or "")] == []
