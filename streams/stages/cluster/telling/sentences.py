"""Sentences of an article, and how well each could tell by itself what happened: by where it stands, what it names and
what it is not (a caption, a byline, a teaser, a question, a cookie notice).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from streams.contracts.records import Sentence, TaggedArticle
from streams.stages.cluster.telling import patterns
from streams.stages.cluster.telling.glued import bare, begins, content, headless, said_once, without_teasers

#: Characters of text that are read: what happened stands at the beginning, or in no one sentence.
READ = 2_000
#: Characters of a sentence that can be shown.
SHORTEST, LONGEST = 45, 380
#: What a sentence ends with.
_ENDS = (".", "!", "。", "！", "।")
#: Sentences that an article gives its story, those of its first this many that stand best.
GIVEN, LOOKED_AT = 3, 7
#: Sentences among which an article's text may open.
OPENING = 3
#: A sentence that stands worse is not given.
LEAST = 0.3


def given(article: TaggedArticle, stretches: Sequence[tuple[int, int]] | None = None) -> tuple[Sentence, ...]:
    """The sentences of an article that could say what happened, in the order of its text; none at all is possible.

    Args:
        article: the article; its first ``READ`` characters are looked at.
        stretches: what ``spans`` gives for these, where it is known already.

    >>> text = "PORTFORD (AP) — A ferry ran aground off Portford on Monday, injuring 12. Sign up for our newsletter."
    >>> [one.text for one in given(TaggedArticle(id="a", text=text, title="Ferry aground, 12 hurt"))]
    ['A ferry ran aground off Portford on Monday, injuring 12.']
    """
    text = article.text[:READ]
    headline = article.title or ""
    title, source = content(headline), (article.source or "").lower()
    stems = [word[: max(4, len(word) - 2)] for word in title]
    found: list[tuple[float, int, str]] = []
    first, known = 0, stretches or [*spans(text)]
    looked_at = without_teasers(text, known)[:LOOKED_AT]
    for place, (start, end) in enumerate(looked_at):
        sentence = " ".join(text[start:end].split())
        if len(sentence) < SHORTEST or (place >= OPENING and len(stems) > 2 and not _touches(sentence, stems)):
            continue  # too little to tell anything, whatever is glued to it
        name, _, rest = sentence.partition(" ")
        if rest[:1].isupper() and len(name) > 4 and name.lower() in source:
            sentence = rest  # the outlet's name, as a page shows it before the text
        sentence, opens = bare(sentence, headline, first=place == 0)
        if opens and 0 < place < OPENING:
            found, first = [], place  # what stands before a dateline is its headline, a caption, a teaser
        sentence = headless(sentence, text)
        score = _standing(sentence, place - first, stems, opens=opens, whole=len(known) == 1)
        if score < LEAST or patterns.CREDITED.match(text, end):
            continue
        if sentence.casefold() not in headline.casefold():
            found.append((score, place, sentence))
    best: list[tuple[float, int, str]] = []
    for one in sorted(found, key=lambda one: -one[0]):
        score, place, sentence = one
        if (rest := said_once(sentence)) != sentence:
            score, sentence = _standing(rest, place - first, stems, opens=False, whole=False), rest
        if score >= LEAST and not _furniture(sentence):
            best.append((score, place, sentence))
            if len(best) == GIVEN:
                break
    return tuple(Sentence(text=text, score=round(score, 3)) for score, _, text in sorted(best, key=lambda one: one[1]))


def _touches(sentence: str, title: Sequence[str]) -> bool:
    """Whether a sentence has any of a title's words."""
    return any(map(sentence.casefold().__contains__, title))


def spans(text: str) -> Iterator[tuple[int, int]]:
    """Where the sentences of a text begin and end, in order; a last one may lack its end."""
    start = 0
    for mark in patterns.MARK.finditer(text):
        at, end = mark.span()
        sign = text[at]
        if sign == "\n":
            end = at
        elif sign in ".!?…" and not text[end : end + 1].isspace() and end < len(text):
            # Glued to the next: "were hurt.Police said".
            if not (text[max(0, at - 3) : at].islower() and text[end].isupper() and text[end + 1 : end + 2].islower()):
                continue
        elif sign == "." and _goes_on(text, start, at, end):
            continue
        while start < end and text[start].isspace():
            start += 1
        if start < end:
            yield start, end
        start = end
    if text[start:].strip():
        yield start, len(text)


def _goes_on(text: str, start: int, at: int, end: int) -> bool:
    """Whether the full stop at ``at`` is one of an abbreviation; what follows it and its marks begins at ``end``."""
    if text[end : end + 24].lstrip()[:1].islower():
        return True
    word = text[max(start, at - 16) : at].rsplit(None, 1)[-1:]
    if not word or len(word[0]) > 8:
        return False
    if word[0].endswith((".m", "a.m", "p.m")):
        return bool(patterns.DAY.match(text, end))
    if word[0] in ("NE", "NW", "SE", "SW"):
        return text[end : end + 2].strip().isdigit()
    # "Chuck Schumer (D-N.Y.) said": a bracket after it changes nothing.
    return bool(patterns.SHORT.search(f" {word[0]}.")) and text[at + 1 : end] in ("", ")")


def _standing(sentence: str, place: int, title: Sequence[str], *, opens: bool, whole: bool) -> float:
    """How well a sentence says what happened, by itself: 0 (never) to 1.

    One that ``opens`` the text after a dateline need not say what the title says; a ``whole`` summary may lack its full
    stop.
    """
    if not SHORTEST <= len(sentence) <= LONGEST or sentence.endswith(("..", "…")) or sentence[:1].islower():
        return 0.0
    if sentence.rstrip("\"'”’»)]」』）")[-1:] not in _ENDS and not (whole and _ends_well(sentence)):
        return 0.0
    low = sentence.casefold()
    about = sum(map(low.__contains__, title)) / len(title) if title else 0.5
    names = min(1.0, sum([word[0].isupper() for word in sentence.split()[1:]]) / 4)
    score = 0.48 / (1 + 0.3 * place) + 0.37 * min(1.0, about * 1.25) + 0.09 * names
    score += 0.06 if patterns.DIGIT.search(sentence) else 0.0
    if len(title) > 2 and not about:
        score *= 0.7 if opens else 0.4
    if score < LEAST:
        return 0.0
    bare = patterns.QUOTED.sub("", sentence) if "“" in sentence or '"' in sentence else sentence
    if len(bare) < 0.6 * len(sentence) or not (sentence[:1].isalpha() or sentence[:1].isdigit()):
        score *= 0.5
    if (
        sentence.count('"') % 2
        or sentence.count("“") != sentence.count("”")
        or sentence.count("(") != sentence.count(")")
    ):
        score *= 0.5
    if patterns.LEANS.match(sentence) or (
        any(map(sentence.__contains__, patterns.DETAIL_HINTS)) and patterns.DETAIL.match(sentence)
    ):
        score *= 0.6
    elif patterns.DEFINITE.match(sentence):
        score *= 0.85
    if patterns.HEADED.match(sentence):
        score *= 0.6
    if not patterns.SPEAKING.isdisjoint(bare.split()):
        score *= 0.5
    if len(sentence) < 70 or len(sentence) > 320:
        score *= 0.85
    return score


def _ends_well(summary: str) -> bool:
    """Whether a summary without a full stop seems not to be cut off."""
    last = summary.rsplit(" ", 1)[-1]
    return last.isalnum() and len(last) > 3 and "," not in summary[-20:]


def _furniture(sentence: str) -> bool:
    """Whether it is a caption, a byline, a teaser, a notice, or holds a headline or itself twice."""
    low = sentence.lower()
    if any(map(low.__contains__, patterns.NOTICES)) or patterns.FURNITURE.match(low):
        return True
    if sentence.startswith(patterns.AGENCIES) or patterns.TIMELINE.match(sentence):
        return True
    if any(map(low.__contains__, patterns.CREDIT_HINTS)) and patterns.CREDIT.search(sentence):
        return True
    if (" is " in sentence or "’s " in sentence or "'s " in sentence) and patterns.STAFF.search(sentence):
        return True
    return _glued(sentence) or patterns.POSING.match(sentence) is not None


def _glued(sentence: str) -> bool:
    """Whether it holds a headline, a menu or itself twice: mostly large initials, or four words that come again."""
    parts = sentence.split(" ")
    long = [part for part in parts if len(part) > 3 and part[0].isalpha()]
    if len(long) > 5 and sum(part[0].isupper() for part in long) > 0.75 * len(long):
        return True
    if len(patterns.CAPITAL.findall(sentence)) > 0.3 * len(sentence) or patterns.SHOUTED.search(sentence):
        return True
    if patterns.HUMP.search(sentence) and patterns.RUN_ON.search(sentence):
        return True
    if begins(sentence, patterns.UNENDED):
        return True
    low = sentence.casefold().split(" ")
    fours = [*zip(low, low[1:], low[2:], low[3:], strict=False)]
    return len(set(fours)) < len(fours)
