"""What kinds of hostile inputs are made of: repeated parts, words, pages around a body."""

from __future__ import annotations

import random
from collections.abc import Callable

Kind = Callable[[int], str]

PROSE = "The mayor of Springfield said on Monday that the old bridge will be closed until the spring. "
NAMES = ("Ann", "Lee", "Moore", "Smith", "Khan", "Silva", "Novak", "Garcia", "Chen", "Okafor")


def times(part: str, size: int) -> str:
    return part * max(1, size // max(1, len(part)))


def numbered(part: str, size: int) -> str:
    """``part`` again and again, with ``{n}`` counted up."""
    return "".join(part.replace("{n}", str(number)) for number in range(max(1, size // (len(part) + 2))))


def words(size: int, seed: int = 1) -> list[str]:
    generator = random.Random(seed)
    letters = "abcdefghijklmnopqrstuvwxyz"
    found, length = [], 0
    while length < size:
        word = "".join(generator.choices(letters, k=generator.randint(2, 9)))
        found.append(word)
        length += len(word) + 1
    return found


def chunks(found: list[str], size: int) -> list[list[str]]:
    """The words in groups of ``size``; what is left over goes."""
    return [found[at : at + size] for at in range(0, len(found) - size + 1, size)]


def page(body: str, head: str = "") -> str:
    return f"<!doctype html><html><head>{head}</head><body><h1>Bridge closed</h1><p>{PROSE * 3}</p>{body}</body></html>"


def repeated(table: dict[str, Kind], name: str, part: str, wrap: Callable[[str], str] = str) -> None:
    table[name] = lambda size: wrap(times(part, size))


def counted(table: dict[str, Kind], name: str, part: str, wrap: Callable[[str], str] = str) -> None:
    table[name] = lambda size: wrap(numbered(part, size))
