"""Patterns that are only ways to write some literals, as one pattern that branches letter by letter.

Python's ``re`` tries alternatives one after the other at each place of a text. Of literals that share their beginnings
only one is tried, and where none begins it does not even look: a fifth of the time with a hundred of them.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from itertools import product

#: Ways to write a pattern at most.
_MOST = 1000
_AGAIN = re.compile(r"\?|\{0,([1-3])\}")
_SIGNS = frozenset("?*+{}().|^$")


def split(text: str, sign: str) -> list[str]:
    """The text's parts between the signs that are in no quotes or brackets."""
    parts, depth, quoted = [""], 0, False
    for char in text:
        quoted ^= char == "'"
        depth += 0 if quoted else (char in "([") - (char in ")]")
        if char == sign and not quoted and not depth:
            parts.append("")
        else:
            parts[-1] += char
    return parts


def literals(pattern: str) -> list[str]:
    """What a pattern of literals, ``[xy]``, ``(?:…|…)``, ``?`` and ``{0,2}`` can match, whatever must not follow.

    Raises ``ValueError`` where there is anything else in it.

    >>> literals("art(?:icle)?-?text|[Nn]av")
    ['arttext', 'art-text', 'articletext', 'article-text', 'Nav', 'nav']
    """
    return [way for part in split(pattern, "|") for way in _ways(part)]


def _ways(pattern: str) -> list[str]:
    ways, at = [""], 0
    while at < len(pattern):
        stop = _end_of_item(pattern, at)
        item = pattern[at:stop]
        if item.startswith("(?:"):
            choices = literals(item[3:-1])
        elif item.startswith("(?!"):
            choices = [""]
        elif item.startswith("["):
            choices = list(item[1:-1])
            if item[1] == "^" or "-" in item[2:-2] or "\\" in item:
                raise ValueError(f"not understood: {pattern}")
        elif item in _SIGNS or (item.startswith("\\") and item[1:].isalnum()):
            raise ValueError(f"not understood: {pattern}")
        else:
            choices = [item[-1]]
        again = _AGAIN.match(pattern, stop)
        if again:
            most, stop = int(again[1] or 1), again.end()
            choices = ["".join(some) for count in range(most + 1) for some in product(choices, repeat=count)]
        ways = [way + choice for way in ways for choice in choices]
        if len(ways) > _MOST:
            raise ValueError(f"too many ways: {pattern}")
        at = stop
    return ways


def _end_of_item(pattern: str, at: int) -> int:
    if pattern[at] == "[":
        return pattern.index("]", at + 2) + 1
    if pattern[at] == "\\":
        return at + 2
    if pattern.startswith(("(?:", "(?!"), at):
        depth = 0
        for index in range(at, len(pattern)):
            depth += (pattern[index] == "(") - (pattern[index] == ")")
            if not depth:
                return index + 1
        raise ValueError(f"not understood: {pattern}")
    return at + 1


def any_of(words: Iterable[str]) -> re.Pattern[str]:
    """A pattern that is found wherever one of these literals stands, of one at least.

    >>> any_of(["nav", "navbar", "news", "ad"]).pattern
    '(?:ad|n(?:av|ews))'
    """
    known = set(words)
    return re.compile("" if "" in known else _branched(sorted(known)))


def _branched(words: list[str]) -> str:
    """The sorted words as a pattern; what begins with another of them is found with that."""
    parts: list[str] = []
    for first in dict.fromkeys(word[0] for word in words):
        rest = [word[1:] for word in words if word[0] == first]
        parts.append(re.escape(first) + ("" if "" in rest else _branched(rest)))
    return parts[0] if len(parts) == 1 else f"(?:{'|'.join(parts)})"
