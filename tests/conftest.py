"""How hypothesis runs, in what order tests do, and what CI insists on."""

from __future__ import annotations

import os

import pytest
from hypothesis import settings

settings.register_profile("local", deadline=None)
settings.register_profile("ci", deadline=None, derandomize=True)
settings.load_profile("ci" if os.environ.get("CI") else "local")


def pytest_sessionstart() -> None:
    """Where a developer without model weights may skip what needs them, CI may not."""
    if os.environ.get("CI"):
        from streams.models import store
        from streams.settings import user_models_dir
        from streams.stages.tag import WeightsError

        try:
            for each in store.WEIGHTS:
                store.verify(each, user_models_dir())
        except WeightsError as error:
            pytest.exit(f"CI is set and the model weights cannot be had: {error}", returncode=1)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Integration tests first: the longest files are not what all the others have to be waited for with.

    Browser tests last: a browser's patience is short, and they have most of the machine then.
    """
    items.sort(key=lambda item: ("browser" in item.path.parts, "integration" not in item.path.parts))
