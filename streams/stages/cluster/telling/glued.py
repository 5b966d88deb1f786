"""What crawled text has glued before a sentence: datelines, bylines, headlines, captions, summaries; and teasers."""

from __future__ import annotations

import re
from collections.abc import Sequence

from streams.stages.cluster.features.article_features import words
from streams.stages.cluster.telling import patterns

#: Words of what is glued before a sentence that come again in it.
SAID_AGAIN = 4


def bare(sentence: str, title: str, *, first: bool) -> tuple[str, bool]:
    """The sentence without what was glued before it (a title, a teaser cut off, a dateline, a headline), and whether
    that shows that the article begins with it."""
    opens = False
    if (":" in sentence or sentence[:1] in "(PU") and (found := patterns.POSTED.match(sentence)):
        sentence, opens = sentence[found.end() :], True
    if found := patterns.DATED.match(sentence):
        sentence, opens = sentence[found.end() :], True
    if found := patterns.LABEL.match(sentence) or (patterns.BYLINE.match(sentence) if first else None):
        sentence = sentence[found.end() :]
    sentence, dated = _undated(_untitled(_once(sentence), title), first=first)
    ends = begins(sentence, patterns.AFTER_HEADLINE)
    if ends:
        sentence, again = _undated(sentence[ends[-1] :], first=False)
        dated = dated or again
    return sentence, opens or dated


def begins(sentence: str, pattern: re.Pattern[str]) -> list[int]:
    """Where something begins within a sentence, outside of its quotations; looked for only behind words that begin."""
    if patterns.BEGINNERS.search(sentence) is None:
        return []
    unquoted = patterns.QUOTED.sub(_blank, sentence) if '"' in sentence or "“" in sentence else sentence
    return [one.end() for one in pattern.finditer(unquoted)]


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
    if ". – " in sentence or ". — " in sentence or ". - " in sentence:
        found = patterns.STATE.match(sentence)
        if found:
            return sentence[found.end() :], True
    found = patterns.PLACED.match(sentence) if "—" in sentence or "–" in sentence else None
    if found and len(content(sentence[: found.end()]) & content(sentence[found.end() :])) > 1:
        return sentence[found.end() :], True
    return sentence, dated


def headless(sentence: str, text: str) -> str:
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


def said_once(sentence: str) -> str:
    """What follows a summary without a full stop, told by what comes again: most of its words. "": that cannot be told.

    >>> said_once("Ferry runs aground in Portford harbour Rescuers ran to the ferry aground in Portford's harbour.")
    "Rescuers ran to the ferry aground in Portford's harbour."
    """
    long = [word[:6] for word in patterns.LONG.findall(sentence.lower())]
    if len(long) - len(set(long)) < SAID_AGAIN:
        return sentence
    parts = sentence.split(" ")
    stems = [stem[:6] if len(stem := part.strip(".,:;()\"'“”‘’").lower()) > 3 else "" for part in parts]
    places, most = [0], SAID_AGAIN
    for place in range(5, len(parts) - 6):
        part, last = parts[place], parts[place - 1]
        if part[:1].isupper() and part[-3:] != "day" and last[-1:] not in ",;:" and last not in patterns.SMALL:
            before = set(stems[:place]) - {""}
            again = len(before.intersection(stems[place:]))
            if again >= max(most, 0.45 * len(before)):
                places, most = [*(places if again == most else ()), place], again
    if places[0] == 0:
        places.pop(0)
    if not places:
        return sentence
    article = [place for place in places if parts[place] in ("The", "A", "An")]
    if len(places) == 1 or article:
        return " ".join(parts[(article or places)[-1] :])
    in_a_row = places[-1] - places[0] == len(places) - 1
    return " ".join(parts[places[-2] :]) if in_a_row and len(places) > 2 else ""


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


def without_teasers(text: str, stretches: Sequence[tuple[int, int]]) -> Sequence[tuple[int, int]]:
    """The sentences without those of a list of teasers: two or more that come twice."""
    ends = [text[start:end][-60:] for start, end in stretches]
    again = {one for one in ends if ends.count(one) > 1}
    return [one for one, end in zip(stretches, ends, strict=True) if end not in again] if len(again) > 1 else stretches


def content(text: str) -> frozenset[str]:
    """The words that tell what a text is about: all but the short ones of alphabets."""
    return frozenset([word for word in words(text) if len(word) > 3 or not word.isascii() or word.isdigit()])
