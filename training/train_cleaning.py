"""Write the weights of the line classifiers anew. Needs LightGBM (`dev`)."""

from __future__ import annotations

from pathlib import Path

from training import cleaning
from training.cleaning_learning import DUMPS, PAGES, fit
from training.cleaning_samples import dump_samples, page_samples


def train(data: Path) -> str:
    """Write the package's weights anew from ``data``/cleaning; the report is out of fold by site."""
    folder = Path(__file__).parents[1] / "streams" / "stages" / "clean" / "model" / "weights"
    folder.mkdir(exist_ok=True)
    pages, dumps = page_samples(data), dump_samples(data)
    for kind, samples, plan in (("dump", dumps, DUMPS), ("page", pages, PAGES)):
        _, files = fit(samples, plan)
        for number, file in enumerate(files, start=1):
            (folder / f"{kind}_{number}.json").write_bytes(file)
    report = cleaning.render(cleaning.measure(data, peers=False, samples=(pages, dumps)))
    return f"{report}\n\nThe weights, learned from all sites, are in {folder}."
