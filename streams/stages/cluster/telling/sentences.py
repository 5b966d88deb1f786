"""Sentences of an article, and how well each could tell by itself what happened: by where it stands, what it names and
what it is not (a caption, a byline, a teaser, a question, a cookie notice).
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from streams.contracts.records import Sentence, TaggedArticle
from streams.stages.cluster.features.article_features import words

#: Characters of text that are read: what happened stands at the beginning, or in no one sentence.
READ = 3_000
#: Characters of a sentence that can be shown.
SHORTEST, LONGEST = 45, 380
#: Sentences that an article gives its story, those of its first this many that stand best.
GIVEN, LOOKED_AT = 3, 14
#: A sentence that stands worse is not given.
LEAST = 0.3

_END = re.compile(r"[.!?…][\"'”’»)\]]{0,3}(?=\s|$)|(?<=[a-z]{3})[.!?](?=[A-Z][a-z])|[。！？।؟][\"”’」』）]{0,3}|\n+")
#: Before a full stop that ends no sentence: titles, states, initials.
_SHORT = re.compile(
    r"(?:^|[\s(\"“‘—-])(?:(?:Mr|Mrs|Ms|Dr|Prof|Sens?|Reps?|Govs?|Gen|Lt|Col|Sgt|Cpl|Capt|Maj|Rev|Hon|Pres|St|Jr|Sr|vs|No"
    r"|Det|Supt|Insp|Adm|Cmdr|Pvt|Ave|Blvd|Rte?|Hwy|Bros|Mt|Ft|Jan|Feb|Mar|Apr|Aug|Sept?|Oct|Nov|Dec|Ala|Ariz|Ark|Calif|Colo|Conn"
    r"|Del|Fla|Ga|Ill|Ind|Kan|Ky|La|Mass|Md|Mich|Minn|Miss|Mo|Mont|Neb|Nev|Okla|Ore|Pa|Tenn|Tex|Va|Vt|Wash|Wis|Wyo)"
    r"|(?:[^\W\d_]\.)*[A-Z])\.$"
)
_CLOCK = re.compile(r"[ap]\.m\.$")
_DAY = re.compile(r"\s+(?:(?:Mon|Tues|Wednes|Thurs|Fri|Satur|Sun)day|[ECMP][SD]?T|GMT|local)\b")
#: What stands before an article's first sentence, glued to it: when it was posted, and a place, an agency and a dash.
_POSTED = re.compile(r"(?=.{0,150}(?:[Pp]osted|[Uu]pdated|[Pp]ublished|, 20\d\d)).{0,150}\d:\d\d ?[AaPp]\.?[Mm]\.?(?: [A-Z]{2,4}\b)? +(?=[A-Z\d(])")
_BRACKETS = re.compile(r"\([^()]{2,40}\) ?(?:[—–―-]{1,2} ?)?(?=[\"“‘']?[A-Z])")
_DATELINE = re.compile(
    r"(?:[A-Z][\w.'’/-]*(?:,? [A-Z][\w.'’/-]*){0,5},? ?)?(?:\([^()]{2,40}\) ?)?[—–―-]{1,2} (?=[\"“‘']?[A-Z\d])"
    r"|(?:[A-Z][\w .,'’\[\]-]{2,50})?\([A-Z][\w/ .]{1,30}\):? (?=[\"“‘']?[A-Z\d])"
)
_CAPITALS = re.compile(r".{0,240}\b[A-Z]{3}[A-Z.,'’ -]{0,40}(?:, [A-Z][\w.]*(?: [A-Z\d]\w*)?)? ?(?:\([^()]{2,40}\) ?)?(?:[—–―]{1,2} ?|-{1,2} )(?=[\"“‘']?[A-Z\d])")
#: A headline or a caption without a full stop, and the sentence after it: "shot in Portford A man was".
_AFTER_HEADLINE = re.compile(r"(?<=[^\W\d_A-Z]) (?=(?:The|An?) [a-z]|An? [A-Z])|\b[A-Z][a-z]+ (?=The [A-Z][a-z]+ [a-z])")
#: The same with a dateline in small letters; what comes again after it tells that it is one.
_PLACED = re.compile(r".{0,150}?[a-z] [A-Z][a-z]+(?: [A-Z][a-z]+)? [—–] (?=[A-Z])")
_CREDIT = re.compile(
    r"(?i)\bphoto(?:graph)?s?(?: ?[:/]| by| credit)|[\[(](?:\w+ )?(?:photo|image|picture)|\b(?:image|picture)s?(?: ?:| credit|s? by)"
    r"|\bgetty\b|\bafp\b|/ ?(?:ap|afp|reuters)\b|file (?:photo|image|pic)|\bpictured\b|\bseen (?:here|in (?:this|an?))\b"
    r"|\b(?:this|an?)\b.{0,24}\b(?:photo|image|picture|frame|video|still)\b.{0,20}\b(?:taken|released|provided|shows)"
    r"|\bin this\b.{0,24}\b(?:photo|image|picture|frame|video|still|file)|undated|screen ?(?:shot|grab)|courtesy of|handout"
    r"|^(?:EPA|AP|REUTERS|SWNS|PA|REX) [A-Z]|(?:hide|toggle|image) caption|image copyright|enlarge (?:this )?image|play (?:video|pause)|[|•]"
)
#: What only captions tell: what somebody does in the picture.
_POSING = re.compile(
    r"[A-Z][^,.]{3,90}? (?:stands?|poses?|walks?|looks? on|speaks (?:during|at|to|with)|performs|reacts|celebrates|arrives?|waves?"
    r"|holds? (?:up|an?|the)|sits?|attends?|gestures?|inspects?|scrambles?|works? (?:at|near)|smiles?|(?:is|are) (?:hugged|seen|shown|interviewed|greeted|escorted))\b"
)
#: What follows a caption: whose picture it is.
_CREDITED = re.compile(r"(?i)\s*[\[(]?\s*(?:(?:ap|file|reuters|afp) )?(?:photo|photograph|image|picture|getty|credit|video)\w*\b|\s*(?:hide|toggle) caption")
_FURNITURE = re.compile(
    r"(?i)^(?:by [A-Z]|updated?\b|published|posted|share|watch|listen|read|click|sign|subscribe|follow|related|advert"
    r"|(?:story )?highlights|copyright|editor|stay (?:with|tuned)|for more|get |contact|e-?mail|download|join|support|add interest|[\\w ]{3,30} is live"
    r"|correction|written by|report(?:ing|ed) by|originally|this (?:story|article|report|post|content|video|page|is a)"
    r"|here(?:['’]s| (?:is|are))|see |don['’]t|tags?\b|source:|note:|breaking|file\b|what (?:you|to|we)|how |why |in pictures)"
    r"|https?:|\.(?:com|org|net|co\.uk)/|\.\.\. |www\.|@|(?<!\w)#\w|©|\bcookies?\b|newsletter|rights reserved|sign up|subscrib|read more|click|javascript"
    r"|privacy policy|terms of|contributed to this|this (?:report|article|story)\b|your (?:browser|inbox|email)|scroll|podcast"
    r"|(?:with|has) (?:any )?information|tipsters|crime ?stoppers|regular rate|per (?:month|year) plus|story continues"
    r"|\bis (?:an?|the|[A-Z]\w*['’]s)\b.{0,30}\b(?:correspondent|reporter|columnist|contributor|editor)\b"
    r"|loading|advertisement|affiliate|app store|comments? (?:section|below)"
)
#: Begins with what stood before: by itself it tells nothing.
_LEANS = re.compile(
    r"(?:He|She|They|It|This|That|These|Those|But|And|Or|So|However|Meanwhile|His|Her|Their|Its|There|Such|Another|Then"
    r"|Still|Yet|Also|Which|Who|Previously|Following|The \d+-year-old|Both|Neither|One of|Instead|Moreover|Nor|If|Because|Although|Now|Later|Earlier|Asked|In addition"
    r"|The (?:two|three|four|latter|former|couple|men|man|woman|boy|girl|victim|suspect|incident|move|decision|comments?"
    r"|remarks?|statement|announcement|shootings?|crash|homicide|victims|police|officers|deputies|news|bill|measure|letter|report|group|company|video|pair))\b"
)
#: When, where and who came, which only the sentence before makes sense of.
_DETAIL = re.compile(
    r"(?:[^,]{3,70}, )?(?i:the) \w+(?: \w+)? (?:happened|occurred|took place|was reported)\b"
    r"|.{0,60}\b(?:[Pp]olice|[Oo]fficers|[Dd]eputies|[Cc]rews|[Tt]roopers|[Pp]ersonnel)\b.{0,40}\b(?:were called|responded|arrived|received)\b"
)
_SPEAKING = re.compile(r"\b(?:I|I['’]m|[Ww]e|[Oo]ur|us|[Yy]ou|[Yy]our|my)\b")
_QUOTED = re.compile(r"[“\"][^”\"]*[”\"]?")
_RUN_ON = re.compile(r"[a-z]{2}[A-Z][a-z]+[A-Z]|[a-z]{3}(?:The|This)\b|[a-z]{3}[.!?][A-Z][a-z]+ ")
_HEADED = re.compile(r"[^:.“\"]{3,30}: ")
_NAME = re.compile(r"(?<=[\w,] )[^\W\d_a-z][\w'’-]+")
_DIGIT = re.compile(r"\d")
_LETTERS = re.compile(r"[^\W\d_]")


def given(article: TaggedArticle) -> tuple[Sentence, ...]:
    """The sentences of an article that could say what happened, in the order of its text; none at all is possible.

    >>> text = "PORTFORD (AP) — A ferry ran aground off Portford on Monday, injuring 12. Sign up for our newsletter."
    >>> [one.text for one in given(TaggedArticle(id="a", text=text, title="Ferry aground, 12 hurt"))]
    ['A ferry ran aground off Portford on Monday, injuring 12.']
    """
    title = content(article.title or "")
    text = article.text[:READ]
    found: list[tuple[float, int, str]] = []
    for place, (start, end) in enumerate(spans(text)):
        if place >= LOOKED_AT:
            break
        sentence = _bare(text[start:end], article.title or "", first=place == 0)
        score = _standing(sentence, place, title) if not _CREDITED.match(text, end) else 0.0
        if score >= LEAST:
            found.append((score, place, sentence))
    best = sorted(found, key=lambda one: -one[0])[:GIVEN]
    return tuple(Sentence(text=text, score=round(score, 3)) for score, _, text in sorted(best, key=lambda one: one[1]))


def spans(text: str) -> Iterator[tuple[int, int]]:
    """Where the sentences of a text begin and end, in order; a last one may lack its end."""
    start = 0
    for mark in _END.finditer(text):
        end = mark.end() if text[mark.start()] != "\n" else mark.start()
        if text[mark.start()] == "." and _goes_on(text, start, mark):
            continue
        while start < end and text[start].isspace():
            start += 1
        if start < end:
            yield start, end
        start = mark.end()
    if text[start:].strip():
        yield start, len(text)


def _goes_on(text: str, start: int, mark: re.Match[str]) -> bool:
    """Whether a full stop is one of an abbreviation."""
    end = mark.end()
    after = text[end : end + 24].lstrip()
    if after[:1].islower():
        return True
    before = text[max(start, mark.start() - 16) : mark.start() + 1]
    if _CLOCK.search(before):
        return bool(_DAY.match(text, end))
    # "Chuck Schumer (D-N.Y.) said": a bracket after it changes nothing.
    return bool(_SHORT.search(before)) and text[mark.start() + 1 : end] in ("", ")")


def _bare(sentence: str, title: str, *, first: bool) -> str:
    """The sentence without a title that was glued before it, and without a dateline."""
    sentence = " ".join(sentence.split())
    if found := _POSTED.match(sentence):
        sentence = sentence[found.end() :]
    sentence = _untitled(_once(sentence), title)
    found = (_DATELINE.match(sentence) if first else None) or _CAPITALS.match(sentence) or _BRACKETS.match(sentence)
    if found and (found.re is _CAPITALS or found.end() < 70):
        sentence = sentence[found.end() :]
    found = _PLACED.match(sentence)
    if found and len(content(sentence[: found.end()]) & content(sentence[found.end() :])) > 1:
        sentence = sentence[found.end() :]
    headlines = [one.end() for one in _AFTER_HEADLINE.finditer(_QUOTED.sub(_blank, sentence))]
    return sentence[headlines[-1] :] if headlines else sentence


def _once(sentence: str) -> str:
    """What begins once more is the sentence; what stood before was its teaser, cut off."""
    begins = " ".join(sentence.split(" ", 4)[:4])
    again = sentence.rfind(begins, 1) if len(begins) > 12 else -1
    return sentence[max(0, again) :]


def _blank(quoted: re.Match[str]) -> str:
    return "." * len(quoted.group())


def _untitled(sentence: str, title: str) -> str:
    """What follows the article's title, where the sentence begins with it or with most of its words."""
    if not title:
        return sentence
    known, parts = set(words(title)), sentence.split(" ")
    most = min(len(parts) - 5, len(title.split()) + 3)
    told = best = 0
    for number, part in enumerate(parts[: max(0, most)], start=1):
        same = all(word in known for word in words(part))
        told += same
        if same and told >= 0.85 * number and told >= max(4, 0.7 * len(known)) and parts[number][:1].isupper():
            best = number
            if told == number == len(title.split()):
                break
    return " ".join(parts[best:])


def _standing(sentence: str, place: int, title: frozenset[str]) -> float:
    """How well a sentence says what happened, by itself: 0 (never) to 1."""
    if not SHORTEST <= len(sentence) <= LONGEST or sentence.endswith("..") or sentence.rstrip("\"'”’»)]」』）")[-1:] not in ".!。！।":
        return 0.0
    if _CREDIT.search(sentence) or _POSING.match(sentence) or _FURNITURE.search(sentence) or _glued(sentence):
        return 0.0
    told = content(sentence)
    about = len(told & title) / len(title) if title else 0.5
    names = min(1.0, len(_NAME.findall(sentence)) / 4)
    score = 0.42 / (1 + 0.14 * place) + 0.33 * min(1.0, about * 1.25) + 0.15 * names
    score += 0.1 if _DIGIT.search(sentence) else 0.0
    if len(title) > 2 and not about:
        score *= 0.4
    bare = _QUOTED.sub("", sentence)
    if len(bare) < 0.6 * len(sentence) or not _LETTERS.match(sentence[:1]) and not sentence[:1].isdigit():
        score *= 0.5
    if _LEANS.match(sentence) or _DETAIL.match(sentence):
        score *= 0.6
    if _HEADED.match(sentence):
        score *= 0.6
    if _SPEAKING.search(bare):
        score *= 0.5
    if len(sentence) < 70 or len(sentence) > 320:
        score *= 0.85
    return score


def _glued(sentence: str) -> bool:
    """Whether it holds a headline, a menu or itself twice: mostly large initials, or four words that come again."""
    parts = sentence.split(" ")
    long = [part for part in parts if len(part) > 3 and part[0].isalpha()]
    if len(long) > 5 and sum(part[0].isupper() for part in long) > 0.66 * len(long):
        return True
    if sum(char.isupper() for char in sentence) > 0.3 * len(sentence) or _RUN_ON.search(sentence):
        return True
    low = [part.casefold() for part in parts]
    fours = [tuple(low[at : at + 4]) for at in range(len(low) - 3)]
    return len(set(fours)) < len(fours)


def content(text: str) -> frozenset[str]:
    """The words that tell what a text is about: all but the short ones of alphabets."""
    return frozenset(word for word in words(text) if len(word) > 3 or not word.isascii() or word.isdigit())
