"""The article out of lines: the learned scores, and the few conventions of the trade that need no learning."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import NamedTuple

from streams.models.table import Table, Vector
from streams.stages.clean.features import patterns
from streams.stages.clean.features.copies import find_copies
from streams.stages.clean.features.lexical_features import read_marks
from streams.stages.clean.features.line_features import describe, describe_gaps
from streams.stages.clean.memory.context import Context
from streams.stages.clean.metadata.titles import find_heading
from streams.stages.clean.model.line_classifier import DUMP_THRESHOLD, NEVER_SURE, LineClassifier
from streams.stages.clean.parse.lines import LONG_WORDS, PROSE_WORDS, Line, is_prose, line_key, words
from streams.text import fold

#: Each pass sees what the one before left; real dumps settle in two or three.
_PASSES = 8
#: Most words of a line at the end that is no part of the article.
_STRAY_WORDS = 6
#: Lines that at least this share of the host's latest pages had are set aside before the others are judged. (On the
#: development dumps that have a sibling this is worth .017 F1, three times what it is as a feature.) Where they stood
#: is a feature of the lines beside them.
RECURRING = 0.5
#: Words from which the article has begun, so that "3 comments" beneath the headline ends nothing.
_BEGUN_WORDS = 50
#: Most words of a teaser's summary.
_SUMMARY_WORDS = 40
#: Lines beyond the article's first and last that are told apart by convention; further out, place is reason enough.
_MARGIN = 6
#: Longer lines are text, whatever they begin or end with (characters).
_LONGEST_BOILERPLATE = 500
#: Words of running text from which a recurring heading of comments ends the article. (Lower than ``_BEGUN_WORDS``: that
#: other pages have the heading too says that it is one.)
_BEGUN_RECURRING = 30
#: Where a host's recurring lines are set aside, the text is judged without them and as a whole; this is the weight of
#: the latter, which sees the headings among them. Best of .2, .3, .5 on the development dumps that have a sibling.
_WHOLE = 0.3


class LineVerdict(NamedTuple):
    """Why a line goes (None: it stays), and how sure (0 to 1)."""

    reason: str | None
    score: float = 1.0


_STAYS, _RECURS = LineVerdict(None), LineVerdict("recurring")


class ClassifiedDump(NamedTuple):
    """The title (the given one, or the one found) and a verdict for each line of a text dump.

    ``first``: of the lines that no host's memory set aside, how the first pass saw them: their features, their scores,
    and whether they are kept in the end. None where all lines were set aside.
    """

    title: str | None
    verdicts: list[LineVerdict]
    first: tuple[Table, Vector, list[bool]] | None = None


def classify_dump(
    lines: Sequence[Line], title: str | None, context: Context, classifier: LineClassifier
) -> ClassifiedDump:
    """Which lines of a text dump are the article: judged again until nothing more goes, so that clean text stays so."""
    verdicts = [_RECURS if is_recurring(line, context) else _STAYS for line in lines]
    left = [index for index, verdict in enumerate(verdicts) if verdict.reason is None]
    if not left:
        return ClassifiedDump(title, verdicts)
    fresh, first = left, None
    aside = [verdict.reason is not None for verdict in verdicts]
    whole = read_marks([line.text for line in lines])
    seen = [lines[index] for index in left]
    for turn in range(_PASSES):
        known, marks = title, whole if len(left) == len(lines) else whole.take(left)
        rows = describe(seen, title, marks).beside(describe_gaps(aside if turn == 0 else [False] * len(seen)))
        scores = classifier.scores(rows)
        if turn == 0 and len(left) < len(lines):
            all_rows = describe(lines, title, whole).beside(describe_gaps([False] * len(lines)))
            scores = (1 - _WHOLE) * scores + _WHOLE * classifier.scores(all_rows)[left]
        first = first or (rows, scores)
        title, once = decide(seen, rows, scores, title, DUMP_THRESHOLD)
        for index, verdict in zip(left, once, strict=True):
            verdicts[index] = verdict
        if turn == 0 and len(left) < len(lines):
            _heed_recurring(lines, verdicts)
        kept = [index for index in left if verdicts[index].reason is None]
        # From the second pass on the lines stand as they will in the clean text: each a paragraph of its own.
        paragraphs = [Line(0, 0, lines[index].text, int(index != kept[0])) for index in kept]
        as_before = turn > 0 or (title == known and not any(aside) and _stand_alike(seen, paragraphs))
        if not kept or (len(kept) == len(left) and as_before):
            break
        left, seen = kept, paragraphs
    return ClassifiedDump(title, verdicts, first and (*first, [verdicts[index].reason is None for index in fresh]))


def _stand_alike(lines: Sequence[Line], others: Sequence[Line]) -> bool:
    """Whether lines of the same texts would be judged alike: by how many blank lines part them, and their indents."""
    return all(line[3:] == other[3:] for line, other in zip(lines, others, strict=False))


def _heed_recurring(lines: Sequence[Line], verdicts: list[LineVerdict]) -> None:
    """A heading that recurs still heads what is beneath it: readers' comments, or, under a cue, other headlines."""
    begun, under_cue, comments = 0, False, False
    for index, line in enumerate(lines):
        reason = verdicts[index].reason
        if reason == _RECURS.reason:
            under_cue = patterns.is_cue(line.text)
            comments = comments or (begun >= _BEGUN_RECURRING and patterns.is_comments(line.text))
        elif reason is None and comments:
            verdicts[index] = LineVerdict("comments")
        elif reason is None and is_prose(line.text):
            begun, under_cue = begun + words(line.text), False
        elif reason is None and under_cue:
            verdicts[index] = LineVerdict("cross_link")
        elif under_cue and is_prose(line.text):
            under_cue = False


def is_recurring(line: Line, context: Context) -> bool:
    """Whether the host's latest pages had this line too."""
    return context.pages > 0 and context.lines.get(line_key(line.text), 0) >= RECURRING * context.pages


def decide(
    lines: Sequence[Line], rows: Table, scores: Vector, title: str | None, threshold: float, sure: float = NEVER_SURE
) -> tuple[str | None, list[LineVerdict]]:
    """The title and the verdicts that follow from the scores; ``rows`` are the lines' features.

    Lines whose score is at least ``threshold`` may stay; those of at least ``sure`` are no label, cue or teaser,
    whatever they look like: a subheading may say "More …", too.
    """
    count = len(lines)
    sizes, terminal = rows["words"], rows["terminal"] > 0
    prose: list[bool] = ((terminal & (sizes >= PROSE_WORDS)) | (sizes >= LONG_WORDS)).tolist()
    likely_to_be: list[float] = scores.tolist()
    keep = [score >= threshold for score in likely_to_be]
    if not any(flag and sentence for flag, sentence in zip(keep, prose, strict=True)):
        # Nothing that the trees take for an article, as in two lines of text: then running text is all there is.
        keep = list(prose)
    reasons: list[str | None] = [None] * count
    likely = [index for index, flag in enumerate(keep) if flag]
    for index in range(max(likely[0] - _MARGIN, 0), min(likely[-1] + _MARGIN + 1, count)) if likely else ():
        if len(lines[index].text) <= _LONGEST_BOILERPLATE:
            reasons[index] = _convention(lines[index].text, prose[index] or likely_to_be[index] >= sure)
        if reasons[index] is not None:
            keep[index] = False
    for index in range(1, count):
        # The name of a newsletter over the call to get it.
        bare = keep[index - 1] and not prose[index - 1] and sizes[index - 1] <= _STRAY_WORDS
        if reasons[index] == "promotion" and bare and likely_to_be[index - 1] < sure:
            reasons[index - 1], keep[index - 1] = "promotion", False
    _drop_comments(lines, reasons, keep, prose, sizes.tolist())
    _drop_teasers(reasons, keep, prose, sizes.tolist(), [score >= sure for score in likely_to_be])
    while copies := find_copies(lines, [index for index, flag in enumerate(keep) if flag]):
        for index in copies:
            reasons[index], keep[index] = "repeated", False
    first = next((index for index in range(count) if keep[index] and prose[index]), None)
    if first is None:
        return title, [LineVerdict(reason or "not_article", 1.0) for reason in reasons]
    # An article ends with a sentence: a few words without one at its end are the outlet, a tag or a button.
    for end in range(count - 1, first, -1):
        if keep[end]:
            if prose[end] or sizes[end] > _STRAY_WORDS or terminal[end]:
                break
            reasons[end], keep[end] = "after_article", False
    if title is None:
        heading = find_heading(lines, first)
        title = lines[heading].text if heading is not None else None
    if title is not None:
        folded = fold(title)
        for index in range(count):
            # Marks and accents change a line's length by little: most lines need no folding.
            if abs(len(lines[index].text) - len(title)) <= 4 and fold(lines[index].text) == folded:
                reasons[index], keep[index] = "title", False
    last = max((index for index in range(count) if keep[index]), default=-1)
    first = next((index for index in range(count) if keep[index]), count)
    verdicts: list[LineVerdict] = []
    for index in range(count):
        if keep[index]:
            verdicts.append(_STAYS)
            continue
        reason = reasons[index]
        if reason is not None:
            verdicts.append(LineVerdict(reason, 1.0))
            continue
        place = "before_article" if index < first else "after_article" if index > last else "not_article"
        verdicts.append(LineVerdict(place, round(1.0 - likely_to_be[index], 3)))
    return title, verdicts


def _drop_comments(
    lines: Sequence[Line], reasons: list[str | None], keep: list[bool], prose: Sequence[bool], sizes: Sequence[float]
) -> None:
    """Below the heading of the readers' comments nothing is the article, once the article has begun."""
    paragraphs, total = 0, 0.0
    for index, line in enumerate(lines):
        if keep[index] and prose[index]:
            paragraphs, total = paragraphs + 1, total + sizes[index]
        elif paragraphs > 1 and total >= _BEGUN_WORDS and sizes[index] <= 30 and patterns.is_comments(line.text):
            for position in range(index, len(lines)):
                reasons[position], keep[position] = reasons[position] or "comments", False
            return


def _drop_teasers(
    reasons: list[str | None],
    keep: list[bool],
    prose: Sequence[bool],
    sizes: Sequence[float],
    certain: Sequence[bool],
) -> None:
    """Under a cue (``Read more …:``) short lines are other stories' headlines, and so are their summaries.

    Short lines go up to the next running text, but for those that are ``certain`` to be the article's. Two pairs or
    more of a short line and a brief sentence go with them.
    """
    count = len(prose)
    for cue in [index for index, reason in enumerate(reasons) if reason == "cue"]:
        index, pairs = cue + 1, 0
        stop = index
        while index < count and (not prose[index] or reasons[index] is not None):
            index += 1
            stop = index
            if index < count and prose[index] and index > cue + 1 and sizes[index] <= _SUMMARY_WORDS:
                # A summary is one sentence between two headlines; two paragraphs in a row are an article.
                if index + 1 < count and prose[index + 1]:
                    break
                index += 1
                pairs += 1
                if pairs > 1:
                    stop = index
        for position in range(cue + 1, stop):
            if keep[position] and (pairs > 1 or not prose[position]) and not certain[position]:
                reasons[position], keep[position] = "cross_link", False


@lru_cache(maxsize=8192)  # the same lines are judged again in each pass, and on the host's next page
def _convention(text: str, sentence: bool) -> str | None:
    """The reason for which a line goes whatever its score, or None."""
    for test, reason in _ALWAYS:
        if test(text):
            return reason
    if sentence:
        return None
    for test, reason in _UNLESS_PROSE:
        if test(text):
            return reason
    return None


_ALWAYS = (
    (patterns.is_copyright, "copyright"),
    (patterns.is_contact, "contact"),
    (patterns.is_promotion, "promotion"),
    (patterns.is_caption, "caption"),
)
_UNLESS_PROSE = (
    (patterns.is_label, "label"),
    (patterns.is_labelled_link, "cross_link"),
    (patterns.is_cue, "cue"),
)
