"""What English news stories say around names: datelines, matches, introductions."""

from __future__ import annotations

import re

from streams.stages.tag.lang.language import NewsWords

#: At the start of a line: a place in capitals, perhaps its country or state, a date, an agency in brackets; a dash.
_DATELINE = re.compile(
    r"^[ \t]*(?P<place>[A-Z][A-Z.'’-]+(?: [A-Z][A-Z.'’-]+){0,3}(?:/[A-Z][A-Z .'’-]+)*)"
    r"(?:, (?P<country>[A-Z][a-z]+\.?(?: [A-Z][a-z]+){0,2})(?! \d))?"
    r"(?P<date>,? (?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)[a-z]*\.? \d{1,2}(?:, \d{4})?|"
    r" \d{4}-\d\d-\d\d(?=\n))?"
    r"(?: ?\((?P<agency>[A-Z][\w /]*)\))?(?:[ \t]+-{1,2}[ \t]+|[ \t]*[–—][ \t]*|(?<=\d\d)(?=\n))",
    re.MULTILINE,
)

_BEAT = r"(?:beat|beats|thrash(?:ed)?|edged?|defeat(?:ed|s)?|hammer(?:ed)?|overc[ao]me|outclassed|hosts?|v|vs\.?)"
_PLAYS_AFTER = re.compile(
    rf"\s+(?:{_BEAT}|drew(?: \d+-\d+)? with|lost(?: \d+-\d+)? (?:to|at)|won \d+-\d+|\d+(?=\s[A-Z]))\s"
)
_PLAYS_BEFORE = re.compile(rf"\b(?:{_BEAT}|drew(?: \d+-\d+)? with|lost(?: \d+-\d+)? to|win over|(?<=[a-z] )\d+)\s+$")

#: "dubbed", "called": what follows is the name of what went before.
_NAMING = re.compile(
    r"(?:called|dubbed|named|titled|entitled|code-?named|nicknamed|branded|known as|christened)\s+(?:the\s+)?[\"“'‘]?$"
)
#: What is introduced so, by the nearest noun before the naming word: a thing (MISC) or a body (ORG).
_INTRODUCED = re.compile(
    r"(?i)\b(?:(?P<thing>portal|platform|app|application|website|site|operation|campaign|initiative|programme|program|"
    r"project|system|software|scheme|plan|book|novel|film|movie|documentary|song|single|album|show|series|drama|game|"
    r"model|chatbot|tool|device|drug|vaccine|missile|rocket|drone|ship|vessel|boat|yacht|storm|hurricane|typhoon|cyclone|"
    r"exercise|bill|law|act|report|podcast|play|painting|exhibition|festival|award|prize|virus|variant|malware|"
    r"cryptocurrency|token|service|product|weapon|satellite|spacecraft|mission)|"
    r"(?P<body>company|firm|group|organi[sz]ation|party|band|agency|club|team|charity|startup|start-up|network|movement|"
    r"gang|militia|union|newspaper|magazine|channel|bank|foundation|institute|association|coalition|unit|force))s?\b"
)

NEWS = NewsWords(
    dateline=_DATELINE,
    plays_after=_PLAYS_AFTER,
    plays_before=_PLAYS_BEFORE,
    naming=_NAMING,
    introduced=_INTRODUCED,
)
