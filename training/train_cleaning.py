"""Write the weights of the line classifiers and of the confidence anew. Needs LightGBM (`dev`)."""

from __future__ import annotations

from pathlib import Path

from training import cleaning, dumps
from training.cleaning_learned import Learned, learn_dumps, learn_pages


def train(data: Path) -> str:
    """Write the package's weights anew from ``data``/cleaning; the report is out of fold by site."""
    folder = Path(__file__).parents[1] / "streams" / "stages" / "clean" / "model" / "weights"
    folder.mkdir(exist_ok=True)
    reports: list[str] = []
    learned = learn_pages(data, ship=True)
    _write(folder, learned)
    reports.append(cleaning.render(cleaning.measure(data, peers=False, learned=learned)))
    learned = learn_dumps(data, ship=True)
    _write(folder, learned)
    reports.append(dumps.render(dumps.measure(data, learned=learned)))
    return "\n\n".join((*reports, f"The weights, learned from all sites, are in {folder}."))


def _write(folder: Path, learned: Learned) -> None:
    for name, file in learned.files.items():
        (folder / f"{name}.json").write_bytes(file)
