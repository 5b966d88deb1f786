"""What sentences of news look like, and what stands among them that is none: datelines, captions, teasers, notices.

English where words are meant; marks and capitals serve other languages too. Every gap in a pattern is bounded, so that
no text makes one slow.
"""

from __future__ import annotations

import re

#: What can end a sentence, with the marks that close with it.
MARK = re.compile(r"[.!?…。！？।؟\n][\"'”’»)\]」』）]{0,3}")
#: Before a full stop that ends no sentence: titles, months, states, initials.
SHORT = re.compile(
    r"(?:^|[\s(\"“‘—-])(?:(?:Mr|Mrs|Ms|Dr|Prof|Sens?|Reps?|Govs?|Gen|Lt|Col|Sgt|Cpl|Capt|Maj|Rev|Hon|Pres|St|Jr|Sr|vs?|No"
    r"|Atty|Det|Supt|Insp|Adm|Cmdr|Pvt|Ave|Blvd|Rte?|Hwy|Bros|Mt|Ft|Jan|Feb|Mar|Apr|Jun|Jul|Aug|Sept?|Oct|Nov|Dec|Ala|Ariz|Ark"
    r"|Calif|Colo|Conn|Del|Fla|Ga|Ill|Ind|Kan|Ky|La|Mass|Md|Mich|Minn|Miss|Mo|Mont|Neb|Nev|Okla|Ore|Pa|Tenn|Tex|Va|Vt"
    r"|Wash|Wis|Wyo|Ks)|(?:[^\W\d_]\.){0,4}[A-Z])\.$"
)
#: What follows a time of day within a sentence.
DAY = re.compile(
    r"\s{1,3}(?:(?:Mon|Tues|Wednes|Thurs|Fri|Satur|Sun)day|[ECMP][SD]?T|GMT|local"
    r"|(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)[a-z.]{0,7} \d{1,2})\b"
)

_DASH = r"(?:[—–―]{1,2} ?|-{1,2} |>> )"
#: What stands before a colon and is no place: a teaser keeps it, to be known as one.
_TEASES = r"(?!(?i:reads?|watch|related|listen|photos?|videos?|images?|more|source|note|tags?|see|share)\b)"
_BEGINS = r"(?=[\"“‘']?[A-Z\d])"
#: What is glued before a sentence: when it was posted, an agency in brackets, a place with an agency and a dash.
POSTED = re.compile(
    r"(?=.{0,150}(?:[Pp]osted|[Uu]pdated|[Pp]ublished|, 20\d\d)).{0,150}\d:\d\d ?[AaPp]\.?[Mm]\.?"
    r"(?: [A-Z]{2,4}\b)? {1,3}(?=[A-Z\d(])"
    r"|\((?:[Pp]osted|[Uu]pdated|[Pp]ublished)\b[^()]{2,60}\) ?(?=[A-Z\d])"
    r"|(?:Posted|Updated|Published) on [A-Z][a-z]{2,8}\.? \d{1,2}, \d{4} (?=[A-Z])"
)
DATED = re.compile(
    r"(?:[A-Z][a-z]{2,8}day,? )?(?:[A-Z][a-z]{2,8}\.? \d{1,2}, \d{4}|\d{1,2} [A-Z][a-z]{2,8} \d{4})"
    r"(?:,? \d{1,2}:\d\d)?(?:,? [A-Z]{2,4})? (?=[A-Z(])"
)
BRACKETS = re.compile(r"(?:\([^()]{2,40}\) (?:[—–―-]{1,2} ?)?|[—–―]{1,2} |/[A-Z]{2,12} )(?=[\"“‘']?[A-Z])")
DATELINE = re.compile(
    r"(?:[A-Z][\w.'’/-]{0,20}(?:,? [A-Z][\w.'’/-]{0,20}){0,5},? ?)?(?:\([^()]{2,40}\) ?)?[—–―-]{1,2} " + _BEGINS
    + r"|(?:[A-Z][\w .,'’\[\]-]{2,50})?\([A-Z][\w/ .]{1,30}\):? " + _BEGINS
    + "|" + _TEASES
    + r"[A-Z][\w.'’-]{1,20}(?:,? [A-Z][\w.'’-]{0,20}){0,2}(?:,? [A-Z][a-z]{2,8}\.? \d{1,2})?: (?=[A-Z\d])"
    + r"|[A-Z][a-z]{2,20} ?/ ?[A-Z][a-z]{2,20} (?=[A-Z])|[^()]{0,60}\([^()]{2,30} / [^()]{2,20}\) " + _BEGINS
)  # fmt: skip
#: The latter looked for only where three capitals stand in a row.
THREE_CAPITALS = re.compile("[A-Z]{3}")
CAPITALS = re.compile(
    r".{0,240}\b[A-Z]{3}[A-Z.,'’ -]{0,40}(?:, [A-Z][\w.]{0,20}(?: [A-Z\d]\w{0,20})?)? ?(?:\([^()]{2,40}\) ?)?" + _DASH
    + _BEGINS + r"|.{0,240}\([A-Z][^()]{2,30}\) [—–―-]{1,2} (?=[A-Z])"
)  # fmt: skip
#: A section's label, and the same before a colon or nothing at all.
LABEL = re.compile(
    r"(?:Topline|Breadcrumb|(?:Image|Photo|Slide) \d+ of \d+|Key (?:[Ff]acts|[Tt]akeaways?|[Pp]oints)) (?=[A-Z])"
    r"|(?:Driving the news|Why it matters|State of play|The big picture|By the numbers|The latest|What's new): "
)
#: Who wrote, before the first sentence.
BYLINE = re.compile(
    r"By [A-Z][\w.'’-]{1,20}(?: [A-Z]\.)? [A-Z][\w'’-]{1,20} "
    r"(?:(?:Staff |Contributing |Senior )?(?:Writer|Reporter|Editor) |(?:The )?Associated Press )?(?=[A-Z])"
)
PLACE = re.compile(
    r"(?:(?=[A-Z ,/]{0,40}[A-Z]{5})[A-Z]{2,20}(?:(?:,? | ?/ ?)[A-Z]{2,20}){1,4}|[A-Z]{7,20}|[WK][A-Z]{2,3}-TV)"
    r" (?=[A-Z][a-z]|A )"
    r"|[A-Z]{3,20}(?: [A-Z]{3,20}){0,2}, (?:[A-Z][a-z]{1,5}\.|[A-Z]\.[A-Z]\.) (?=[A-Z])"
)
CAPITALS_COLON = re.compile(
    _TEASES + r"[A-Z]{4,20}(?:[/-][A-Z]{3,20}|, [A-Z][\w .]{1,20})?(?: \([^()]{2,40}\))?: (?=[A-Z\d])"
)
#: A headline or a caption without a full stop, and the sentence after it: "shot in Portford A man was".
AFTER_HEADLINE = re.compile(
    r"(?<=[^\W\d_A-Z]) (?=(?:The|An?) [a-z]|An? [A-Z\d])"
    r"|(?<=[^\W\d_A-Z])(?<! of) (?=(?:One|Two|Three|Four|Five|Six|Seven|Eight|Nine|Ten|Several) [a-z]{2})"
    r"|\b[A-Z][a-z]{1,20} (?=The [A-Z][a-z]{1,20} [a-z])"
    r"|\b[a-z]{3,20} (?=(?:On|In|At) (?:[A-Z][a-z]|\d|an? |the ))"
)
#: The same with a dateline in small letters; what comes again after it tells that it is one.
PLACED = re.compile(r"[^(]{0,150}?[a-z] [A-Z][a-z]{1,20}(?: [A-Z][a-z]{1,20})? [—–] (?=[A-Z])")
STATE = re.compile(r"[^(]{0,200}?, (?:[A-Z][a-z]{1,5}\.|[A-Z]\.[A-Z]\.) [—–-] (?=[A-Z])")

#: A caption, by whose picture it is or where it shows somebody; what follows one; and what only captions tell.
CREDIT = re.compile(
    r"(?i)\bphoto(?:graph)?s?(?: ?[:/]| by| credit)|[\[(](?:\w{1,12} )?(?:photo|image|picture)"
    r"|\b(?:image|picture)s?(?: ?:| credit|s? by)|\bgetty\b|\bafp\b|/ ?(?:ap|afp|reuters)\b|file (?:photo|image|pic)"
    r"|\bpictured\b|\bseen (?:here|in (?:this|an?))\b"
    r"|\b(?:this|the|an?)\b.{0,24}\b(?:photo|image|picture|frame|video|still)\b.{0,20}\b(?:taken|released|provided|shows)"
    r"|\bin this\b.{0,24}\b(?:photo|image|picture|frame|video|still|file)|undated|screen ?(?:shot|grab)|courtesy of"
    r"|handout|(?:hide|toggle|image) caption|image copyright"
    r"|, (?:(?:far )?(?:left|right)|cent(?:er|re)),|enlarge (?:this )?image|play (?:video|pause)|[|•]"
)
CREDITED = re.compile(
    r"(?i)\s{0,3}[\[(]?\s?(?:(?:ap|file|reuters|afp) )?(?:photo|photograph|image|picture|getty|credit|video)\w{0,8}\b"
    r"|\s{0,3}(?:hide|toggle) caption"
)
POSING = re.compile(
    r"[A-Z][^,.]{3,90}? (?:stands?|poses?|walks?|looks? on|speaks (?:during|at|to|with)|performs|reacts|celebrates"
    r"|arrives?|waves?|holds? (?:up|an?|the)|sits?|attends?|gestures?|inspects?|scrambles?|smiles?"
    r"|works? (?:at|near|outside|along)|checks? out|gathers? (?:at|near|outside)|escorts?|investigates? the scene"
    r"|(?:is|are) (?:hugged|seen|shown|interviewed|greeted|escorted))\b"
)
#: What a sentence with any of the above has, in small letters: looked for first, as it is found in a tenth of the time.
CREDIT_HINTS = (
    "photo", "image", "picture", "getty", "afp", "/ap", "/ ap", "reuters", "seen here", "seen in", "undated", "screen",
    "courtesy", "handout", "caption", "play ", "|", "•", "still ", "frame", "video",
    ", left", ", right", ", cent", "far left", "far right",
)  # fmt: skip
AGENCIES = ("EPA ", "AP ", "REUTERS ", "SWNS ", "PA ", "REX ")
#: Bylines, teasers, notices, pleas, links: how they begin, and what they hold, in small letters.
FURNITURE = re.compile(
    r"by [a-z]+ [a-z]|updated?\b|published|posted|share|watch|listen|read|click|sign|subscribe|follow|related|advert"
    r"|(?:story )?highlights|copyright|editor|stay (?:with|tuned)|for more|get |contact|e-?mail|download|join|support"
    r"|add interest|[\w ']{3,30} is live|correction|written by|report(?:ing|ed) by|originally"
    r"|this (?:story|article|report|post|content|video|page|is a)|here(?:['’]s| (?:is|are))|see |don['’]t|tags?\b"
    r"|source:|note:|breaking|file\b|what (?:you|to|we)|how |why |in pictures"
)
NOTICES = (
    "http:", "https:", ".com/", ".org/", ".net/", ".co.uk/", "... ", "www.", "@", " #", "# ", "©", "cookies",
    "newsletter", "rights reserved", "sign up", "subscrib", "read more", "click", "javascript", "privacy policy",
    "terms of", "contributed to this", "this report", "this article", "this story", "your browser", "link to this",
    "[ edit", "[edit", "your inbox", "your email", "a look at", "what to know", "what you need", "no longer available",
    "scroll", "podcast", "with information", "with any information", "has information", "has any information",
    "tipsters", "crime stoppers", "crimestoppers", "regular rate", "per month plus", "per year plus",
    "story continues", "loading",
    "advertisement", "affiliate", "app store", "comments section", "comments below", "comment below",
)  # fmt: skip
#: Who writes: "is CNN's digital correspondent".
STAFF = re.compile(
    r"['’]s [A-Z]\w{1,20} [A-Z]\w{1,20} (?:reports?|spoke|speaks|talked|was (?:at|there)|has (?:the|more))\b|"
    r"\bis (?:an?|the|[A-Z]\w{0,20}['’]s)\b.{0,30}\b(?:correspondent|reporter|columnist|contributor|editor)\b"
)

#: A beginning that leans on what stood before: by itself the sentence tells nothing.
LEANS = re.compile(
    r"(?:He|She|They|It|This|That|These|Those|But|And|Or|So|However|Meanwhile|His|Her|Their|Its|There|Such|Another|Then"
    r"|Still|Yet|Also|Which|Who|Previously|Following|The \d{1,3}-year-old|Both|Neither|One of|Instead|Moreover|Nor|If"
    r"|Because|Although|Now|Later|Earlier|Asked|In addition"
    r"|The (?:two|three|four|latter|former|couple|men|man|woman|boy|girl|victim|suspect|incident|move|decision"
    r"|comments?|remarks?|statement|announcement|shootings?|crash|homicide|victims|police|officers|deputies|news|bill|measure"
    r"|letter|report|group|company|video|pair|legislation|deal|ruling|lawsuit|attack|arrests?|gunman|shooter|teen|toddler"
    r"|driver|jury|initial|child|killer|records|documents|transcripts?)|(?:Minutes|Hours|Days|Moments) later"
    r"|All (?:three|four|five|of)|[A-Z]\w{1,20} (?:also|added|then|later|further|went on))\b"
)
#: … and one that may.
DEFINITE = re.compile(r"The [a-z]")
#: When, where and who came, which only the sentence before makes sense of.
DETAIL = re.compile(
    r"(?:[^,]{3,70}, )?(?i:the) \w{1,20}(?: \w{1,20})? (?:happened|occurred|took place|was reported)\b"
    r"|.{0,60}\b(?:[Pp]olice|[Oo]fficers|[Dd]eputies|[Cc]rews|[Tt]roopers|[Pp]ersonnel)\b.{0,40}"
    r"\b(?:were called|responded|arrived|received)\b"
)
DETAIL_HINTS = ("happened", "occurred", "took place", "was reported", "were called", "responded", "arrived", "received")
#: The writer's or a reader's voice, outside of quotations; quotations; a heading before a colon; words run together.
SPEAKING = frozenset(["I", "I'm", "I’m", "we", "We", "our", "Our", "us", "you", "You", "your", "Your", "my", "My"])
QUOTED = re.compile(r"[“\"][^”\"]{0,400}[”\"]?")
HEADED = re.compile(r"[^:.“\"]{3,30}: ")
#: A line of a list of what happened when; a new line's beginning within a sentence, or a quotation run on.
TIMELINE = re.compile(r"[A-Z][a-z]{2,8}\.? (?:\d{1,2}, )?\d{1,4}: |[^:]{3,60}: ?[-•*] ?")
UNENDED = re.compile(
    r"[^\W\d_A-Z] (?:That|This|These|Those|They|There|It|He|She|But|And|If|When|While|According|After|In|On|As|For|At"
    r"|By|With|During|Since|Under|Following|What|Who|How|Why) [a-z]"
    r"|[a-z][.!?][\"”“]+[A-Za-z]"
)
#: Small words of headlines in Title Case.
SMALL = frozenset([
    "a", "an", "and", "as", "at", "but", "by", "for", "from", "in", "into", "is", "of", "off", "on", "onto", "or",
    "over", "the", "to", "up", "vs", "vs.", "with", "&", "-", "–", "—", "|",
])  # fmt: skip
LOWER = re.compile(r"\b[a-z]{4,}\b")
LONG = re.compile(r"[^\W_]{4,}")
#: What `AFTER_HEADLINE` and `UNENDED` look for, to be found in a tenth of the time.
BEGINNERS = re.compile(
    r" (?:The|A|An|On|In|At|One|Two|Three|Four|Five|Six|Seven|Eight|Nine|Ten|Several|That|This|These|Those|They|There"
    r"|It|He|She|But|And|If|When|While|According|After|As|For|By|With|During|Since|Under|Following|What|Who|How|Why) "
    r"|[a-z][.!?][\"”“]"
)
RUN_ON = re.compile(r"[a-z]{2}[A-Z][a-z]{1,20}[A-Z]|[a-z]{3}(?:The|This)\b|[a-z]{3}[.!?][A-Z][a-z]{1,20} ")
HUMP = re.compile("[a-z][.!?]?[A-Z]")
SHOUTED = re.compile(r"\b[A-Z]{4,} [A-Z]{3,} [A-Z]{4,}\b")
CAPITAL = re.compile("[A-Z]")
#: A figure.
DIGIT = re.compile(r"\d")
