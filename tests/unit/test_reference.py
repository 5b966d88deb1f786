"""The generated pages are what the code says now."""

from __future__ import annotations

import pytest
from module_at import module_at

GENERATOR = module_at("docs/generate.py")


@pytest.mark.parametrize(("path", "content"), [pytest.param(p, c, id=p.name) for p, c in GENERATOR.pages()])
def test_generated_page_is_current(path, content):
    assert path.exists(), f"{path} is missing: run make docs"
    assert path.read_bytes() == content, f"{path} is out of date: run make docs"


def test_no_schema_is_left_over():
    generated = {path for path, _ in GENERATOR.pages()}
    assert set(GENERATOR.REFERENCE.glob("schemas/*.json")) <= generated
