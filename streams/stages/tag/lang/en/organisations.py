"""What organisations are called in English."""

from __future__ import annotations

import re

from streams.stages.tag.lang.language import OrganisationWords, words

#: Legal forms at the end of a company's name; they come and go between articles.
_LEGAL = re.compile(
    r"(?i)[\s,]+(?:inc|incorporated|corp|corporation|co|company|ltd|limited|plc|llc|llp|ag|gmbh|sa|s\.a|nv|n\.v|ab|asa|"
    r"oyj|spa|s\.p\.a|se|bhd|berhad|pty|pvt|kk|holdings?|group)\.?$"
)
#: Bodies that every country has: what they are called alone says nothing across documents.
_GENERIC = re.compile(
    r"(?i)^(?:(?:foreign|interior|defen[cs]e|health|finance|education|justice|energy|trade|economy|transport|"
    r"agriculture|information|labou?r|environment|culture|tourism|home|treasury|state) "
    r"(?:ministry|office|department|secretariat)|ministry of [\w\s,]+|department of [\w\s,]+|"
    r"parliament|congress|senate|house of representatives|national assembly|supreme court|high court|"
    r"constitutional court|court of appeal|"
    r"central bank|reserve bank|army|navy|air force|armed forces|national guard|coast guard|government|cabinet|"
    r"election commission|electoral commission|national police|federal police|police|chamber of commerce|"
    r"(?:labou?r|democratic|socialist|communist|conservative|republican|liberal|green|national|people's) party)$"
)

#: Adjectives, members and short names of parties that mean one party in English-language news unless the text names
#: another of the same word ("People's Democratic Party").
_PARTIES = {
    word: party
    for party, called in {
        "Democratic Party": "democratic party|democratic|democrat|democrats|dems",
        "Republican Party": "republican party|republican|republicans|gop|g.o.p.|g.o.p",
        "Conservative Party": "tory|tories|tory party",
    }.items()
    for word in called.split("|")
}

ORGANISATIONS = OrganisationWords(
    legal_form=_LEGAL,
    generic=_GENERIC,
    in_brackets=re.compile(r"\s*\(\s*(?:the\s+)?[\"“']?([^()\"“”']{2,80}?)[\"”']?\s*\)"),
    parties=_PARTIES,
    party=re.compile(r"(?P<stem>[A-Z][\w'’. -]*?) [Pp]arty"),
    party_plurals=("s",),
    not_after_short=words("of and for & 's de"),
    not_ending_short=words("of for the"),
)
