"""Headlines That Are Written Like This, read as running text: there a large letter says nothing about names.

The words below the headline tell which of its words are names: one that they write small more often than large inside a
sentence is none; one that they write large stays as it is. Of words that they do not have, the language's common
words tell. Nobody outside sees the result: every letter stays at its place, and entities quote the article as it is
written. The idea is that of truecasing (Lita et al., "tRuEcasIng", ACL 2003), with the article as its own corpus.
"""

from __future__ import annotations

import re
from collections import Counter
from functools import cache
from itertools import pairwise

from streams.stages.tag.lang import Language
from streams.text import plain_marks

#: The common words of a language, in its folder.
COMMON = "common.txt"
#: Words as headlines have them, and large ones that open no sentence, line or quotation, where any word is large.
WORD = re.compile(r"[^\W\d_]+(?:['’-][^\W\d_]+)*")
INSIDE = re.compile(r"(?<=[\w,;'’] )[^\W\d_a-z][^\W\d_]*(?:['’-][^\W\d_]+)*")
#: Share of a headline's words of four letters and more, the first word left out, that must be large, and the least
#: number of them: a headline in running text hardly has as many names and nothing else.
_SHARE, _LEAST, _LONG = 0.8, 2, 4
#: Longest line, code points, that may be a headline among the text: its large letters say nothing either.
_LINE = 200


def plain_headline(text: str, title_end: int, language: Language) -> str:
    """A document with those words of a Title Case headline small that are no names; its length stays.

    Args:
        text: the document, headline first.
        title_end: where the headline ends, code points; without a headline 0.

    >>> from streams.stages.tag.lang import DEFAULT
    >>> plain_headline("Ann Roe Opens Bridge\\n\\nThe bridge was opened by Ann Roe.", 20, DEFAULT)[:20]
    'Ann Roe opens bridge'
    """
    title = text[:title_end]
    if not is_title_case(title):
        return text
    body = _Body(text[title_end:], language)
    words = list(WORD.finditer(title))
    parts: list[str] = []
    done = 0
    for match, before, after in zip(words, [None, *words], [*words[1:], None], strict=False):
        word = match.group()
        # "McCain" and "GOP" are as they are wherever they stand.
        if word[0].isupper() and word[1:].islower():
            around = (before.group() if before else "", after.group() if after else "")
            if body.writes_small(word, around):
                parts += [title[done : match.start()], word.lower()]
                done = match.end()
    plain = "".join([*parts, title[done:]])
    # A few letters have no small form of the same length.
    return plain + text[title_end:] if len(plain) == title_end else text


def is_title_case(title: str) -> bool:
    """Whether (nearly) all longer words of a headline are large, and not most of them in capitals throughout.

    >>> is_title_case("Glenn Beck Rips Progressivism"), is_title_case("Glenn Beck attacks progressives")
    (True, False)
    """
    longer = [word for word in WORD.findall(title)[1:] if len(word) >= _LONG]
    large = sum(not word[0].islower() for word in longer)
    shouted = sum(word.isupper() for word in longer)
    return large >= _LEAST and large >= _SHARE * len(longer) and 2 * shouted <= len(longer)


@cache
def common_words(language: Language) -> frozenset[str]:
    """The words of a language that running text hardly ever writes large; none where it has no list."""
    file = language.data / COMMON if language.data is not None else None
    lines = file.read_text(encoding="utf-8").splitlines() if file is not None and file.is_file() else []
    return frozenset(line for line in lines if not line.startswith("#"))


class _Body:
    """How the text below a headline writes its words, and what the language says of others."""

    def __init__(self, text: str, language: Language) -> None:
        lines = plain_marks(text).split("\n")
        text = "\n".join(line for line in lines if len(line) > _LINE or not is_title_case(line))
        words = WORD.findall(text)
        self._small = Counter(word for word in words if word.islower())
        self._large = Counter(word.lower() for word in INSIDE.findall(text))
        self._pairs = {f"{one} {two}" for one, two in pairwise(words) if one[0].isupper() and two[0].isupper()}
        self._common, self._endings = common_words(language), language.names.endings

    def writes_small(self, word: str, around: tuple[str, str]) -> bool:
        """Whether a word of the headline is small in running text. ``around``: the words before and after it."""
        word, before, after = (plain_marks(one) for one in (word, *around))
        # Where a name is made of common words: the Tea Party, the White House.
        if f"{before} {word}" in self._pairs or f"{word} {after}" in self._pairs:
            return False
        key = word.lower()
        small, large = self._small[key], self._large[key]
        if small or large:
            return small > large
        stems = [key, *(key.removesuffix(ending) for ending in self._endings if key.endswith(ending))]
        return key in self._common or any(stem in self._small or stem in self._common for stem in stems[1:])
