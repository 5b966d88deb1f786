"""The generated pages are what the code says now."""

from __future__ import annotations

import importlib.util
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


def _generator():
    spec = importlib.util.spec_from_file_location("generate", ROOT / "docs" / "generate.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize(("path", "content"), [pytest.param(p, c, id=p.name) for p, c in _generator().pages()])
def test_generated_page_is_current(path, content):
    assert path.exists(), f"{path} is missing: run make docs"
    assert path.read_bytes() == content, f"{path} is out of date: run make docs"


def test_no_schema_is_left_over():
    module = _generator()
    generated = {path for path, _ in module.pages()}
    assert set(module.REFERENCE.glob("schemas/*.json")) <= generated
