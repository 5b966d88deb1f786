"""Who is credited in a text: ``(c) Outlet 2025``, ``(Reuters) -``, ``Write to … at …@outlet.com``."""

from __future__ import annotations

import re
from collections.abc import Sequence

_NOTICE = re.compile(
    r"(?:\(c\)|©|copyright(?:\s*(?:©|\(c\)))?)\s*(?:(?:19|20)\d\d(?:\s?[-–]\s?(?:19|20)\d\d)?\s*,?\s*)?(?:by\s+)?"
    r"(?P<name>[^\d:|.,;©()]{2,60}?)\s*(?:[:|.,;(]|(?:19|20)\d\d|all rights|$)",
    re.IGNORECASE,
)
_ADDRESS = re.compile(r"[\w.+-]{1,64}@(?P<domain>[\w-]{1,63}(?:\.[\w-]{2,63}){1,3})")
_DATELINE = re.compile(r"^.{0,80}?\((?P<name>[A-Z][A-Za-z]+(?: [A-Z][A-Za-z]+){0,2})\)\s?[-–—]\s")

#: Names of agencies and outlets behind mail domains and short names: the larger newsrooms, each from its own
#: contact page. A domain that is not here credits nobody.
OUTLETS = {
    "wsj.com": "The Wall Street Journal", "dowjones.com": "Dow Jones Newswires", "nytimes.com": "The New York Times",
    "washpost.com": "The Washington Post", "ft.com": "Financial Times", "bloomberg.net": "Bloomberg",
    "thomsonreuters.com": "Reuters", "reuters.com": "Reuters", "ap.org": "Associated Press",
    "afp.com": "Agence France-Presse", "bbc.co.uk": "BBC", "sky.uk": "Sky News", "theguardian.com": "The Guardian",
    "guardian.co.uk": "The Guardian", "latimes.com": "Los Angeles Times", "usatoday.com": "USA Today",
    "cnn.com": "CNN", "cnbc.com": "CNBC", "nbcuni.com": "NBC News", "politico.com": "Politico",
    "politico.eu": "Politico Europe", "economist.com": "The Economist", "barrons.com": "Barron's",
    "marketwatch.com": "MarketWatch", "telegraph.co.uk": "The Telegraph", "thetimes.co.uk": "The Times",
    "independent.co.uk": "The Independent", "axios.com": "Axios", "npr.org": "NPR", "dpa.com": "dpa",
    "dw.com": "Deutsche Welle", "aljazeera.net": "Al Jazeera", "scmp.com": "South China Morning Post",
}  # fmt: skip
_AGENCIES = {
    "ap": "Associated Press", "associated press": "Associated Press", "the associated press": "Associated Press",
    "reuters": "Reuters", "thomson reuters": "Reuters", "afp": "Agence France-Presse",
    "agence france-presse": "Agence France-Presse", "upi": "UPI", "bloomberg": "Bloomberg", "dpa": "dpa",
    "pti": "Press Trust of India", "ani": "ANI", "xinhua": "Xinhua", "kyodo": "Kyodo News", "yonhap": "Yonhap",
    "tass": "TASS", "ansa": "ANSA", "efe": "EFE", "cnn": "CNN", "pa": "PA Media",
    "cp": "The Canadian Press", "the canadian press": "The Canadian Press", "aap": "AAP",
}  # fmt: skip


def find_credit(kept: Sequence[str], dropped: Sequence[str]) -> str | None:
    """The agency or outlet that the text credits: its dateline, then its copyright notice, then its mail domain."""
    for text in kept[:3]:
        dateline = _DATELINE.match(text[:120])
        if dateline and dateline["name"].lower() in _AGENCIES:
            return _AGENCIES[dateline["name"].lower()]
    for text in dropped:
        lower = text[:300].lower()
        if "©" not in lower and "(c)" not in lower and "copyright" not in lower:
            continue
        notice = _NOTICE.search(text[:300])
        if notice and any(char.isalpha() for char in notice["name"]):
            name = " ".join(notice["name"].split()).strip(" -–'\"")
            if name.lower() not in ("all rights reserved", "copyright", "the author", "image", "photo"):
                return _AGENCIES.get(name.lower(), name)
    for text in dropped:
        if "@" not in text:
            continue
        for address in _ADDRESS.finditer(text[:1000]):
            parts = address["domain"].lower().split(".")
            for size in (2, 3):
                outlet = OUTLETS.get(".".join(parts[-size:]))
                if outlet:
                    return outlet
    return None
