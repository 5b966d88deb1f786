"""How fast a host's furniture is learned, and what memory takes: by how many pages of other hosts come between its own.

Prints a row a distance: of how many earlier pages the host's 1st to 8th page knows, how many of its three lines of
furniture are told by then, and the microseconds a lookup takes.
"""

from __future__ import annotations

import time

from streams.contracts.records import RawArticle
from streams.stages.clean import CleaningMemory

_FURNITURE = ("Sections and services of this paper", "The weather where you are today", "Subscribe from three euros")
_DISTANCES = (1, 10, 100, 1_000, 10_000)
_PAGES = 8


def page(host: str, number: int) -> RawArticle:
    """A page of a host: its furniture, and a story of its own."""
    name = "".join(chr(97 + int(digit)) for digit in str(number))
    story = (
        f"The mayor of {name} said on Monday that the {name} bridge will be closed, and that the people of {name} know."
    )
    furniture = "\n".join(f"{line}, {host}" for line in _FURNITURE)
    return RawArticle(url=f"https://{host}.example/{number}", content=f"{furniture}\n\n{story}")


def learned(distance: int) -> tuple[list[int], list[int], float]:
    """Pages known, lines told, and microseconds a lookup, for a host with a page every ``distance`` pages."""
    memory, known, told = CleaningMemory(), [], []
    position = 0
    started = time.process_time()
    for number in range(_PAGES):
        context, _ = memory.lookup_context(page("thehost", number), position)
        known.append(context.pages)
        told.append(sum(count == context.pages for count in context.lines.values()))
        for other in range(1, distance):
            memory.lookup_context(page(f"other-{'abcdefghij'[other % 10]}", position + other), position + other)
        position += distance
    return known, told, 1e6 * (time.process_time() - started) / position


def main() -> None:
    """Print the table."""
    print("| a page in … | earlier pages known | lines told | µs a lookup |\n|---|---|---|---|")
    for distance in _DISTANCES:
        known, told, spent = learned(distance)
        print(f"| {distance:,} | {' '.join(map(str, known))} | {' '.join(map(str, told))} | {spent:.0f} |")


if __name__ == "__main__":
    main()
