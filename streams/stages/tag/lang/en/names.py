"""English words around and inside names."""

from __future__ import annotations

import re

from streams.stages.tag.lang.en.calendar import CALENDAR, MONTH_NAMES, THEN
from streams.stages.tag.lang.language import NameWords, words

#: Words before a person's name that are not part of it, lower-cased, without full stops.
_HONORIFICS = words("""
    mr mrs ms miss mx dr prof professor sir dame lord lady baron baroness count countess duke duchess prince
    princess king queen emperor empress pope cardinal archbishop bishop father fr sister brother rabbi imam sheikh
    sheik ayatollah reverend rev pastor saint st president vice-president premier chancellor minister secretary
    senator sen congressman congresswoman rep representative governor gov mayor ambassador judge justice attorney
    speaker chairman chairwoman chair chief director commissioner councillor councilman delegate mp deputy
    undersecretary envoy leader general gen lieutenant lt colonel col major maj captain capt commander cmdr admiral
    adm sergeant sgt corporal cpl private pvt brigadier marshal officer detective inspector constable superintendent
    sheriff agent coach manager striker midfielder defender goalkeeper winger skipper quarterback ceo cfo chef actor
    actress singer author writer journalist reporter analyst spokesman spokeswoman spokesperson lawyer economist
    señor señora monsieur madame herr frau hon honourable honorable
""")
#: Words that may stand between the honorific and the name, or between two honorifics ("Prime Minister", "Vice
#: President", "Secretary of State").
_BETWEEN = words("""
    prime vice deputy foreign defence defense former acting interim ex then of state the
""")

#: Lower-case words inside names of people.
_PARTICLES = words("""
    de da do dos das del della di du la le van von der den ter ten bin ibn al el bint y e
""")

#: Suffixes after a person's name.
_SUFFIXES = words("""
    jr sr ii iii iv
""")

NAMES = NameWords(
    honorifics=_HONORIFICS,
    between_honorifics=_BETWEEN,
    compounds=words("prime vice foreign"),
    particles=_PARTICLES,
    suffixes=_SUFFIXES,
    links=words("of the and for de la le du des del al el bin ibn van von der den di da in on to - & ' ’ . / 's ’s"),
    possessives=("'s", "’s", "'", "’"),
    genitives=("'s", "’s"),
    owner=re.compile(r"['’]s\s+(?=[A-Z])"),
    article="the ",
    articles=re.compile(r"(?i)(?:the|a|an)\s+(?=\S)"),
    tail=re.compile(
        r"\s+(?:The|A|An|At|In|On|Of|And|For|But|It|CEO|CFO|COO|[Cc]hairman|[Pp]resident|[Ss]pokesman|[Ss]pokeswoman|"
        r"Photos?|(?:Mon|Tues|Wednes|Thurs|Fri|Satur|Sun)day)$"
    ),
    halves=("-M", "-b"),
    conjunction=re.compile(r"\s+(?:and|&)\s+"),
    preposition=re.compile(r"\s+(?:of|for)\s+(?:the\s+)?"),
    calendar=CALENDAR,
    calendar_names=MONTH_NAMES,
    then=THEN,
    endings=("s", "es", "ed", "ing", "d", "'s"),
    acronym=re.compile(r"\s*\(\s*(?:the\s+)?[\"“']?([A-Z][A-Za-z&.]{1,11})[\"”']?\s*\)"),
    token=re.compile(r"(?:[^\W\d_]\.){2,}|['’]s\b|[^\W_]+(?:['’&.](?!s\b)[^\W_]+)*|[^\w\s]"),
)
