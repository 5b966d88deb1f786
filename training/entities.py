"""`streams eval entities`: exact-span F1 against the same model's raw output, in one run.

The relabelling weights that the package ships have seen both development sets, so each set is judged with weights
that have not seen it (``train_entities.py`` writes them): the figures are out of sample. What true stories show as
their entities is judged with the shipped weights (``entities_shown.py``).
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from streams.settings import load, user_models_dir
from streams.stages.tag import WeightsError, create_tagger
from streams.stages.tag.document import Document as TagDocument
from streams.stages.tag.ner import RawSpan, create_backend
from streams.stages.tag.ner.crf import WEIGHTS, Relabeller
from streams.stages.tag.ner.postprocess import TYPES, repair
from training import entities_shown
from training.entities_data import CORPORA, Document, Span, read, score
from training.entities_gold import measure_gold
from training.train_entities import held_out

_BACKENDS = ("fast", "spacy-sm", "spacy-md")
#: Our own gold texts; a checkout has them, an installed package does not.
GOLD = Path(__file__).parents[1] / "tests" / "quality" / "data"


def measure(
    data: Path, *, backends: Sequence[str] = _BACKENDS, stories: Sequence[str] = entities_shown.SETS
) -> dict[str, Any]:
    """``{backend: {corpus: {"raw" | "rules" | "tagger": figures}}}``; a backend that is not installed is left out.

    ``raw`` is the model's own output, ``rules`` the same repaired by rule, ``tagger`` what articles get: relabelled
    (by weights that have not seen the corpus) and repaired. In a checkout ``gold`` has the figures of our own texts.
    ``shown`` has what the default backend makes ``stories``' stories show.

    Raises:
        WeightsError: no backend is installed.
    """
    models_dir = load().models_dir or user_models_dir()
    corpora = {name: read(data / path) for name, path in CORPORA.items()}
    figures: dict[str, Any] = {}
    problem = None
    for name in backends:
        try:
            backend = create_backend(name, models_dir)
        except WeightsError as error:
            problem = error
            continue
        figures[name] = {
            corpus: judge(
                documents, backend.find([document.text for document in documents]), corpus, backend.relabel or WEIGHTS
            )
            for corpus, documents in corpora.items()
        }
        if (GOLD / "quotations.txt").is_file():
            tagger = create_tagger(backend=name, models_dir=models_dir)
            figures.setdefault("gold", {})[name] = measure_gold(tagger, GOLD)
    if not figures and problem is not None:
        raise problem
    if stories:
        figures["shown"] = entities_shown.measure(data, create_tagger(models_dir=models_dir), stories)
    return figures


def judge(
    documents: Sequence[Document], spans: Sequence[Sequence[RawSpan]], corpus: str, weights: str
) -> dict[str, dict[str, float]]:
    """The figures of one backend's output on one corpus, by kind of treatment.

    ``weights``: the file of the relabelling weights that know the backend.
    """
    unseen = Relabeller(held_out(corpus, weights).read_bytes())

    def repaired(relabeller: Relabeller | None) -> list[list[Span]]:
        return [
            [(name.start, name.end, name.type) for name in repair(TagDocument(document.text), raw, relabeller)]
            for document, raw in zip(documents, spans, strict=True)
        ]

    own = [[(span.start, span.end, TYPES[span.label]) for span in raw if span.label in TYPES] for raw in spans]
    return {
        "raw": score(documents, own),
        "rules": score(documents, repaired(None)),
        "tagger": score(documents, repaired(unseen)),
    }


def render(figures: dict[str, Any]) -> str:
    """The figures as a table in Markdown; F1 in per cent."""
    head = "| backend | corpus | treatment | PER | ORG | LOC | MISC | PER+ORG+LOC | over raw |"
    lines = [head, "|---|---|---|---:|---:|---:|---:|---:|---:|"]
    gold = figures.get("gold", {})
    for backend, corpora in figures.items():
        if backend in ("gold", "shown"):
            continue
        for corpus, treatments in corpora.items():
            base = treatments["raw"]["f1_per_org_loc"]
            for treatment, row in treatments.items():
                cells = [f"{100 * row[key]:.1f}" for key in ("per", "org", "loc", "misc", "f1_per_org_loc")]
                gain = f"{100 * (row['f1_per_org_loc'] - base):+.1f}"
                lines.append(f"| {backend} | {corpus} | {treatment} | {' | '.join(cells)} | {gain} |")
    if gold:
        lines += ["", "| backend | own gold texts | figures |", "|---|---|---|"]
    for backend, sets in gold.items():
        for name, row in sets.items():
            cells = [f"{key.replace('_', ' ')} {value:.3f}" for key, value in row.items() if key != "quotations"]
            lines.append(f"| {backend} | {name} | {', '.join(cells)} |")
    if shown := figures.get("shown"):
        lines += ["", *entities_shown.render(shown).splitlines()]
    return "\n".join(lines)
