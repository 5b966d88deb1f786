"""The pages, and the commands in their blocks."""

from __future__ import annotations

import re
from collections.abc import Iterator

from module_at import ROOT

#: All but the generated page of what `--help` says.
PAGES = sorted(
    {*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md")} - {ROOT / "docs/reference/cli.md", ROOT / "CHANGELOG.md"}
)
_BLOCK = re.compile(r"^ *```(sh|console)\n(.*?)^ *```", re.MULTILINE | re.DOTALL)


def in_blocks(text: str) -> Iterator[str]:
    """Each command of a page's blocks, in order, without prompt, comment and `&`."""
    for kind, block in _BLOCK.findall(text):
        for line in re.sub(r"\\\n\s*", "", block).splitlines():
            shown = line.strip()
            if kind == "console":
                # The rest is what the command says.
                shown = shown.removeprefix("$ ") if shown.startswith("$ ") else ""
            shown = shown.partition(" # ")[0].rstrip(" &")
            if shown:
                yield shown
