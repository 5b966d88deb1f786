"""No record may raise anything but a DecodeError: each is published, rejected or a dead letter, and within its time."""

from __future__ import annotations

import time
from collections.abc import Iterable
from typing import Any

import hostile
import pytest

from streams.contracts import codec, limits
from streams.contracts.records import CleanArticle, RawArticle, TaggedArticle
from streams.stages.clean import Cleaner, CleaningMemory
from streams.stages.cluster import Clusterer

#: Seconds of the process's own time that one record may take in one stage.
PATIENCE = 10.0


class Trial:
    """The stages but for the tagger (its backend is another test's), fed record after record; what fails is kept."""

    def __init__(self) -> None:
        self.cleaner, self.memory, self.clusterer = Cleaner(), CleaningMemory(), Clusterer()
        self.failed: list[str] = []

    def raw(self, value: bytes, position: int) -> CleanArticle | None:
        article = limits.decode(RawArticle, value)
        context, _ = self.memory.lookup_context(article, position)
        outcome, _ = self.memory.assign_revision(article, self.cleaner.clean(article, context), position)
        codec.encode(outcome)
        return outcome if isinstance(outcome, CleanArticle) else None

    def tagged(self, value: bytes, position: int) -> None:
        article = limits.decode(TaggedArticle, value)
        decision = self.clusterer.decide(article)
        if decision is not None:
            codec.encode(decision)
            self.clusterer.apply(article, decision, position)

    def run(self, records: Iterable[hostile.Hostile], stage: str) -> int:
        seen = 0
        for seen, record in enumerate(records, start=1):
            began = time.process_time()
            try:
                found: Any = record.value or b""
                if stage == "raw":
                    cleaned = self.raw(found, seen)
                    found = codec.encode(cleaned) if cleaned else None
                if found is not None:
                    self.tagged(found, seen)
            except codec.DecodeError:
                pass  # a dead letter
            except Exception as error:
                self.failed.append(f"{record.kind}: {type(error).__name__}: {str(error)[:120]}")
            took = time.process_time() - began
            if took > PATIENCE:
                self.failed.append(f"{record.kind}: {took:.1f} s")
        return seen


@pytest.mark.timeout(600)
@pytest.mark.parametrize("seed", [1])
def test_generated_records_are_published_rejected_or_undecodable(seed: int) -> None:
    trial = Trial()
    assert trial.run(hostile.generated(2000, seed, large_every=500), "raw") == 2000
    assert trial.run(hostile.foreign("tagged", 400, seed), "tagged") == 400
    assert not trial.failed, "\n".join(trial.failed)


def test_the_generator_is_deterministic_and_reaches_every_field() -> None:
    first, again = (list(hostile.generated(900, 7, large_every=10**9)) for _ in range(2))
    assert first == again
    kinds = "\n".join(record.kind for record in first)
    for field in hostile.RAW_FIELDS:
        assert f"-size-{field}" in kinds
        assert f"-type-{field}" in kinds


@pytest.mark.timeout(600)
def test_the_audits_kinds() -> None:
    trial = Trial()
    trial.run(hostile.audit(), "raw")
    assert not trial.failed, "\n".join(trial.failed)
