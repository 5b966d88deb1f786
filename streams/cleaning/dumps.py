"""The article out of a text dump: a verdict for every line."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from streams.cleaning import patterns
from streams.cleaning.lines import TERMINAL, Line, is_prose, words
from streams.text import fold

#: Headlines are shorter than this (words); longer lines are text.
_TITLE_WORDS = 30
#: Questions, exclamations and quotations are headlines up to this length (words).
_SENTENCE_TITLE_WORDS = 12
_STOPS = (".", "。", "।", "．")
#: Each pass sees what the one before left; real dumps settle in two.
_PASSES = 6


@dataclass(frozen=True, slots=True)
class Verdict:
    """Why a line goes (None: it stays), and how sure (0 to 1)."""

    reason: str | None
    score: float = 1.0


KEEP = Verdict(None)


def find_title(lines: Sequence[Line]) -> str | None:
    """The headline of a dump: the first line that reads like one and stands directly before running text."""
    for index, line in enumerate(lines):
        sentence = is_prose(line.text)
        if sentence and (words(line.text) > _SENTENCE_TITLE_WORDS or line.text.endswith(_STOPS)):
            break
        following = lines[index + 1] if index + 1 < len(lines) else None
        if (
            following is not None
            and 3 <= words(line.text) <= _TITLE_WORDS
            and not line.text.endswith((*_STOPS, ":"))
            and not _is_junk(line.text)
            and (sentence or following.blanks > 0)
        ):
            return line.text
    return None


def judge(lines: Sequence[Line], title: str | None) -> list[Verdict]:
    """A verdict for each line. Judged again until nothing more goes, so that clean text stays as it is."""
    verdicts = [KEEP] * len(lines)
    left = list(range(len(lines)))
    for turn in range(_PASSES):
        # After the first pass the lines stand as they will in the clean text: each a paragraph of its own.
        seen = [lines[index] if turn == 0 else Line(0, 0, lines[index].text, int(index != left[0])) for index in left]
        once = _judge_once(seen, title)
        for index, verdict in zip(left, once, strict=True):
            verdicts[index] = verdict
        kept = [index for index, verdict in zip(left, once, strict=True) if verdict.reason is None]
        if len(kept) == len(left) or not kept:
            break
        left = kept
    return verdicts


def _is_junk(text: str) -> str | None:
    for test, reason in (
        (patterns.is_copyright, "copyright"),
        (patterns.is_contact, "contact"),
        (patterns.is_promotion, "promotion"),
        (patterns.is_caption, "caption"),
        (patterns.is_label, "label"),
        (patterns.is_cue, "cue"),
        (patterns.is_labelled_link, "cross_link"),
    ):
        if test(text):
            return reason
    return None


def _judge_once(lines: Sequence[Line], title: str | None) -> list[Verdict]:
    folded_title = fold(title) if title else None
    reasons: list[str | None] = []
    prose: list[bool] = []
    for line in lines:
        text = line.text
        reason = "title" if folded_title and len(text) < 400 and fold(text) == folded_title else _is_junk(text)
        sentence = is_prose(text)
        if sentence and reason in ("cue", "cross_link", "label"):
            reason = None
        reasons.append(reason)
        prose.append(sentence and reason is None)
    first = next((index for index, flag in enumerate(prose) if flag), None)
    if first is None:
        return [Verdict(reason or "no_prose") for reason in reasons]
    last = max(index for index, flag in enumerate(prose) if flag)
    end = next((index for index, reason in enumerate(reasons) if reason == "copyright" and index > first), None)
    if end is not None and sum(prose[:end]) >= sum(prose[end:]):
        last = max(index for index in range(end) if prose[index])
    under_cue = False
    for index, line in enumerate(lines):
        if prose[index]:
            under_cue = False
        elif reasons[index] == "cue":
            under_cue = True
        if reasons[index] is not None:
            continue
        if index < first:
            reasons[index] = "before_article"
        elif index > last:
            reasons[index] = "after_article"
        elif under_cue and not prose[index]:
            reasons[index] = "cross_link"
        elif not prose[index] and not TERMINAL.search(line.text) and words(line.text) < 3 and line.blanks == 0:
            reasons[index] = "fragment"
    return [Verdict(reason) for reason in reasons]
