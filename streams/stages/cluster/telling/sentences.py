"""Sentences of an article, and how well each could tell by itself what happened: by where it stands, what it names and
what it is not (a caption, a byline, a teaser, a question, a cookie notice).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from streams.contracts.records import Sentence, TaggedArticle
from streams.stages.cluster.features.article_features import words
from streams.stages.cluster.telling import patterns

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
#: Words of what is glued before a sentence that come again in it.
SAID_AGAIN = 4
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
    title = content(headline)
    found: list[tuple[float, int, str]] = []
    first, stretches = 0, (stretches or [*spans(text)])[:LOOKED_AT]
    teasers = _repeated([text[start:end] for start, end in stretches])
    for place, (start, end) in enumerate(stretches):
        sentence = " ".join(text[start:end].split())
        name, _, rest = sentence.partition(" ")
        if rest[:1].isupper() and len(name) > 4 and name.lower() in (article.source or "").lower():
            sentence = rest  # the outlet's name, as a page shows it before the text
        sentence, opens = _bare(sentence, headline, first=place == 0)
        if opens and 0 < place < OPENING:
            found, first = [], place  # what stands before a dateline is its headline, a caption, a teaser
        sentence = _headless(sentence, text)
        score = _standing(sentence, place - first, title, whole=len(stretches) == 1)
        if score < LEAST or text[start:end][-60:] in teasers or patterns.CREDITED.match(text, end):
            continue
        if sentence.casefold() not in headline.casefold():
            found.append((score, place, sentence))
    best: list[tuple[float, int, str]] = []
    for one in sorted(found, key=lambda one: -one[0]):
        score, place, sentence = one
        if (rest := _said_once(sentence)) != sentence:
            score, sentence = _standing(rest, place - first, title, whole=False), rest
        if score >= LEAST and not _furniture(sentence):
            best.append((score, place, sentence))
            if len(best) == GIVEN:
                break
    return tuple(Sentence(text=text, score=round(score, 3)) for score, _, text in sorted(best, key=lambda one: one[1]))


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


def _bare(sentence: str, title: str, *, first: bool) -> tuple[str, bool]:
    """The sentence without what was glued before it (a title, a teaser cut off, a dateline, a headline), and whether
    that shows that the article begins with it."""
    opens = False
    if (":" in sentence or sentence[:1] == "(") and (found := patterns.POSTED.match(sentence)):
        sentence, opens = sentence[found.end() :], True
    if found := patterns.DATED.match(sentence):
        sentence, opens = sentence[found.end() :], True
    if found := patterns.LABEL.match(sentence):
        sentence = sentence[found.end() :]
    sentence, dated = _undated(_untitled(_once(sentence), title), first=first)
    ends = [one.end() for one in patterns.AFTER_HEADLINE.finditer(patterns.QUOTED.sub(_blank, sentence))]
    if ends:
        sentence, again = _undated(sentence[ends[-1] :], first=False)
        dated = dated or again
    return sentence, opens or dated


def _undated(sentence: str, *, first: bool) -> tuple[str, bool]:
    """The sentence without a dateline, and whether it had one that ends with a dash."""
    dated = False
    for _ in range(2):
        found = patterns.CAPITALS.match(sentence) if patterns.THREE_CAPITALS.search(sentence, 0, 250) else None
        dated = dated or found is not None
        if found is None and first and (found := patterns.DATELINE.match(sentence)) and found.end() > 70:
            found = None
        if found is None and sentence[:1] in "(—–/" and (found := patterns.BRACKETS.match(sentence)):
            dated = dated or sentence[:1] != "("
        found = found or patterns.CAPITALS_COLON.match(sentence) or patterns.PLACE.match(sentence)
        if found is None:
            break
        sentence = sentence[found.end() :]
    found = patterns.PLACED.match(sentence) if "—" in sentence or "–" in sentence else None
    if found and len(content(sentence[: found.end()]) & content(sentence[found.end() :])) > 1:
        return sentence[found.end() :], True
    return sentence, dated


def _headless(sentence: str, text: str) -> str:
    """What follows a headline in Title Case that lacks its full stop, told by its words, which are small elsewhere."""
    parts = sentence.split(" ", 30)
    last = 0
    for number, part in enumerate(parts[:30]):
        initial = part.lstrip("\"'“‘($£€")[:1]
        if initial.isupper():
            last = number
        elif not initial.isdigit() and part not in patterns.SMALL:
            break
    if last < 5 or parts[0].lstrip('"“') == "The":
        return sentence
    while last > 1 and (parts[last - 1] in patterns.SMALL or text.count(f"{parts[last - 1]} {parts[last]}") > 1):
        last -= 2 if parts[last - 1] in patterns.SMALL else 1
    small = frozenset(patterns.LOWER.findall(text))
    if len([part for part in parts[1:last] if part.strip("\"'“”‘’,:;()").lower() in small and part[0].isupper()]) < 3:
        return sentence
    return " ".join(parts[last:])


def _said_once(sentence: str) -> str:
    """What follows a summary without a full stop, told by what comes again: most of its words. "": that cannot be told.

    >>> _said_once("Ferry runs aground in Portford harbour Rescuers ran to the ferry aground in Portford's harbour.")
    "Rescuers ran to the ferry aground in Portford's harbour."
    """
    parts = sentence.split(" ")
    stems = [stem[:6] if len(stem := part.strip(".,:;()\"'“”‘’").lower()) > 3 else "" for part in parts]
    if len({stem for stem in stems if stem and stems.count(stem) > 1}) < SAID_AGAIN:
        return sentence
    begins, most = 0, SAID_AGAIN
    for place in range(5, len(parts) - 6):
        part, last = parts[place], parts[place - 1]
        if part[:1].isupper() and part[-3:] != "day" and last[-1:] not in ",;:" and last not in patterns.SMALL:
            before = set(stems[:place]) - {""}
            again = len(before.intersection(stems[place:]))
            if again >= max(most, 0.5 * len(before)):
                begins, most = place, again
    if begins and parts[begins - 1][:1].isupper() and parts[begins] not in ("The", "A", "An"):
        return " ".join(parts[begins - 1 :]) if parts[begins - 2][:1].isupper() else ""
    return " ".join(parts[begins:])


def _repeated(stretches: list[str]) -> frozenset[str]:
    """How the sentences of a list of teasers end: two or more that come twice among an article's first."""
    ends = [one[-60:] for one in stretches]
    again = frozenset(one for one in ends if ends.count(one) > 1)
    return again if len(again) > 1 else frozenset()


def _once(sentence: str) -> str:
    """What begins once more is the sentence; what stood before was its teaser, cut off."""
    begins = " ".join(sentence.split(" ", 3)[:3])
    again = sentence.rfind(begins, 1) if len(begins) > 12 else -1
    return sentence[max(0, again) :]


def _blank(quoted: re.Match[str]) -> str:
    return "." * len(quoted.group())


def _untitled(sentence: str, title: str) -> str:
    """What follows the article's title, where the sentence begins with most of it."""
    parts = sentence.split(" ")
    if parts[0] not in title:
        return sentence
    known = frozenset(words(title))
    whole = title.count(" ") + 1
    most = min(len(parts) - 5, whole + 3)
    if not known or most < 4:
        return sentence
    told = best = 0
    for number, part in enumerate(parts[:most], start=1):
        same = known.issuperset(words(part))
        told += same
        if number == 4 and told < 3:
            break
        if same and told >= 0.85 * number and told >= max(4, 0.7 * len(known)) and parts[number][:1].isupper():
            best = number
            if told == number == whole:
                break
    return " ".join(parts[best:]) if best else sentence


def _standing(sentence: str, place: int, title: frozenset[str], *, whole: bool) -> float:
    """How well a sentence says what happened, by itself: 0 (never) to 1. One that is a ``whole`` summary may lack its
    full stop."""
    if not SHORTEST <= len(sentence) <= LONGEST or sentence.endswith(("..", "…")) or sentence[:1].islower():
        return 0.0
    if (end := sentence.rstrip("\"'”’»)]」』）")[-1:]) not in _ENDS and not (
        whole and end.isalnum() and "," not in sentence[-20:]
    ):
        return 0.0
    low = sentence.casefold()
    about = sum([word[: max(4, len(word) - 2)] in low for word in title]) / len(title) if title else 0.5
    names = min(1.0, sum([word[0].isupper() for word in sentence.split()[1:]]) / 4)
    score = 0.48 / (1 + 0.3 * place) + 0.37 * min(1.0, about * 1.25) + 0.09 * names
    score += 0.06 if patterns.DIGIT.search(sentence) else 0.0
    if len(title) > 2 and not about:
        score *= 0.4 if place else 0.7
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
    if patterns.UNENDED.search(patterns.QUOTED.sub(_blank, sentence)):
        return True
    low = sentence.casefold().split(" ")
    fours = [*zip(low, low[1:], low[2:], low[3:], strict=False)]
    return len(set(fours)) < len(fours)


def content(text: str) -> frozenset[str]:
    """The words that tell what a text is about: all but the short ones of alphabets."""
    return frozenset([word for word in words(text) if len(word) > 3 or not word.isascii() or word.isdigit()])
