"""What junk lines say. Each pattern is a convention of the news trade, not of an outlet."""

from __future__ import annotations

import re

from streams.stages.clean.agencies import agencies

_AGENCIES = "|".join(re.escape(written) for written in agencies("caption"))
_CAPTION_END = re.compile(
    rf"\((?:(?:file |handout |stock )?(?:photo|image|picture|credit|source|courtesy)s?\b[^()]{{0,80}}"
    rf"|(?:[^()]{{0,60}}[/,| ])?(?:{_AGENCIES})(?:[/,| ][^()]{{0,60}})?)\)\.?$",
    re.IGNORECASE,
)
_CREDIT_LINE = re.compile(
    rf"^(?:(?:photo|image|picture|credit|video|photograph|illustration|graphic)s?\s*(?:credits?|by|courtesy)?\s*[:©/]"
    rf"|(?:photo|image|photograph|illustration|video)s? (?:by|courtesy) \S"
    rf"|(?:{_AGENCIES})(?:\s?/\s?\S.*)?$|.{{0,60}}(?:via|/)\s?(?:{_AGENCIES})$|file photo\b)",
    re.IGNORECASE,
)
#: A label before a headline of another story, or before a list of them.
_CUE = re.compile(
    r"^(?:read|see|watch|listen|explore|discover)?\s*(?:more|also|next|related)\b.{0,60}[:：]?$"
    r"|^(?:related|recommended|trending|popular|most (?:read|popular|viewed)|latest|top|editor'?s'? ?picks?|"
    r"don'?t miss|you (?:may|might) (?:also )?(?:like|be interested)|more (?:from|on|in|stories|news)|in other news|"
    r"must[- ]reads?|also (?:read|on|see)|sponsored|promoted|from our partners|up next|what to read next)\b.{0,60}$",
    re.IGNORECASE,
)
#: The same in the other large news languages: how the label begins, and how many characters may follow.
_CUES_ELSEWHERE = (
    r"lesen sie\b.{0,40}",
    r"mehr (?:von|aus|zu|zum|zur|über|nachrichten|artikel)\b.{0,50}",
    r"(?:weitere|verwandte|ähnliche|andere) (?:nachrichten|artikel|themen|beiträge|meldungen)\b.{0,40}",
    r"(?:auch interessant|das könnte sie|meistgelesen|zum thema)\b.{0,40}",
    r"(?:à )?(?:lire|voir) (?:aussi|également|plus)\b.{0,50}",
    r"(?:plus|autres) (?:d[’']|de )?(?:actualités|articles|infos|sujets)\b.{0,40}",
    r"(?:sur le même (?:sujet|thème)|les plus (?:lus|vus|populaires))\b.{0,30}",
    r"(?:articles?|sujets?) (?:liés?|associés?|connexes?|similaires?)\b.{0,30}",
    r"(?:lea|lee|leer|vea|ver|mira) (?:más|también|además)\b.{0,50}",
    r"(?:(?:más|otras) noticias|(?:noticias|artículos|notas|temas) relacionad[oa]s)\b.{0,40}",
    r"(?:(?:te|le) (?:puede|podría) interesar|lo más (?:leído|visto))\b.{0,40}",
    r"(?:leia|veja|confira) (?:mais|também)\b.{0,50}",
    r"(?:(?:mais|outras) notícias|(?:notícias|matérias) relacionadas|(?:as )?mais lidas)\b.{0,40}",
    r"(?:leggi|guarda|vedi) (?:anche|di più)\b.{0,50}",
    r"(?:altre notizie|(?:articoli|notizie) correlat[ie]|potrebbe(?:ro)? interessarti|i più letti)\b.{0,40}",
    r"(?:lees (?:ook|meer|verder)|meer (?:nieuws|over|van))\b.{0,50}",
    r"(?:czytaj|zobacz|przeczytaj) (?:także|też|również|więcej)\b.{0,50}",
    r"(?:läs (?:också|även|mer)|les også)\b.{0,50}",
    r"(?:читайте|смотрите) (?:также|ещё|еще)\b.{0,50}|(?:читайте|дивіться) також\b.{0,50}",
    r"(?:другие новости|(?:новости )?по теме|самое (?:читаемое|популярное))\b.{0,40}",
    r"(?:похожие|связанные) (?:материалы|статьи|новости)\b.{0,30}",
    r"baca juga\b.{0,50}|(?:ilgili|diğer) haberler\b.{0,40}",
    r"(?:関連|おすすめ|人気)(?:記事|ニュース).{0,20}|(?:관련|추천) ?(?:기사|뉴스).{0,20}",
    r"(?:相关|相關|推荐|推薦|延伸)(?:阅读|閱讀|新闻|新聞|文章|报道|報導).{0,20}",
)
_CUE_ELSEWHERE = re.compile(f"^(?:{'|'.join(_CUES_ELSEWHERE)})$", re.IGNORECASE)
_LABELLED_LINK = re.compile(
    r"^(?:(?:\w+(?:['’]\w*)?\s){0,4}(?:latest|live|updates?|explained|explainer|analysis|in pictures|gallery|podcast)"
    r"|(?:read|see|watch|listen|learn)(?: (?:more|also|now|next|this|here))*|also|related(?: \w+)?|more|video|opinion"
    r"|recommended|don'?t miss|must[- ]read|play|gallery|in pictures)\s?[:|»>–-]\s?\S",
    re.IGNORECASE,
)
#: Each label ends with one of these, which are quicker to look for.
_LABEL_END = re.compile("[:|»>–-]")
_LABEL = re.compile(
    r"^(?:summary|topics?|tags?|share(?: (?:this|on|via)\b.*)?|more|advertisement|advert|ad|sponsored|comments?"
    r"|print|email|e-mail|save|subscribe|sign (?:in|up)"
    r"|log ?in|menu|search|home|follow(?: us)?|key (?:points|takeaways)"
    r"|at a glance|highlights|credit|copy link|close|play|loading\W*|skip to (?:main )?content"
    r"|listen|live|next|previous"
    r"|download|image|photo|video|gallery|newsletters?|story continues below.*|continue reading.*|article continues.*"
    r"|scroll (?:down )?to continue.*|read more|read next.*|view (?:all|more).*|show more"
    r"|read (?:the )?full (?:story|article).*"
    r"|anzeige|werbung|publicité|publicidade?|pubblicità|advertentie|reklama?|реклама|annons|広告|广告|광고"
    r"|(?:this )?(?:video|content|post) (?:is )?(?:not|un)available.*|click here.*|about the authors?)\W*$",
    re.IGNORECASE,
)
_ADDRESS = re.compile(r"[\w.+-]{1,64}@[\w-]{1,63}(?:\.[\w-]{2,63})+")
_CONTACT = re.compile(
    r"^(?:please )?(?:write|email|e-mail|reach|contact|mail|send|get in touch|follow|tweet"
    r"|you can (?:reach|email|contact|follow))\b"
    r"|\b(?:can be reached|is reachable|email (?:him|her|them|us|the author)) ",
    re.IGNORECASE,
)
_PROMOTION = re.compile(
    r"\bdownload\b.{0,60}\bapps?\b"
    r"|\b(?:catch|find|follow|get|read) all (?:of )?(?:the|our)\b.{0,80}\b(?:news|stories|updates)\b"
    r"|\bsign up (?:for|to|here|now|today)\b.{0,120}\b(?:newsletters?|alerts?|briefing|inbox|emails?|updates)\b"
    r"|\bsubscribe (?:to|now|today|here|for)\b.{0,120}\b(?:newsletters?|channel|podcast|app|inbox|digest|edition)\b"
    r"|^(?:follow|like|find|join) (?:us|our)\b.{0,60}\b(?:on|at|channel)\b"
    r"|^(?:stay|keep) (?:up to date|updated|informed|tuned)\b"
    r"|\b(?:get|read) the latest\b.{0,80}\b(?:app|newsletter|inbox)\b"
    r"|\bavailable on (?:the )?(?:app store|google play)|^(?:click|tap) here (?:to|for)\b",
    re.IGNORECASE,
)
#: Each promotion has one of these, which are quicker to look for.
_PROMOTION_WORDS = (
    "download", "all the", "all our", "all of", "sign up", "subscribe", "follow", "like us", "like our", "find us",
    "join", "stay ", "keep ", "the latest", "available on", "click", "tap here",
)  # fmt: skip
_COPYRIGHT = re.compile(
    r"^(?:\(c\)|©|&copy;|copyright\b|\W{0,3}copyright (?:©|\(c\)|\d{4}))|^.{0,60}(?:©|\(c\)) ?(?:19|20)\d\d\b"
    r"|\ball rights reserved\b",
    re.IGNORECASE,
)

_COMMENTS = re.compile(
    r"^\W*(?:\d+\W*(?:comments?|responses?|replies|kommentare?|commenti|comentarios?|comentários?|commentaires?|"
    r"комментари\w{1,3}|コメント|评论|댓글)(?: (?:on|to)\b.{0,200})?"
    r"|(?:(?:reader|top rated|latest|all|user|show|view|join the|leave a|post a|add a|write a|have your say)\W+)?"
    r"(?:comments?|kommentare|commenti|comentarios|comentários|commentaires|комментарии|discussion|conversation)"
    r"(?:\W*\(?\d+\)?)?)\W*$",
    re.IGNORECASE,
)


def is_comments(text: str) -> bool:
    """The heading of the readers' comments. (After the article's start, 250 of the development dumps' 253 such lines
    have nothing of the article below them, and the other three a line.)
    """
    return len(text) < 250 and bool(_COMMENTS.match(text))


def is_caption(text: str) -> bool:
    """A picture's caption or credit line."""
    if len(text) >= 500:
        return False
    return (text.endswith((")", ").")) and bool(_CAPTION_END.search(text[-120:]))) or (
        len(text) < 160 and bool(_CREDIT_LINE.match(text))
    )


def is_cue(text: str) -> bool:
    """A line that announces other stories: ``Read more from …:``."""
    return len(text) < 80 and bool(_CUE.match(text) or _CUE_ELSEWHERE.match(text))


def is_labelled_link(text: str) -> bool:
    """Another story's headline behind a label: ``Budget latest: …``."""
    return len(text) < 200 and _LABEL_END.search(text) is not None and bool(_LABELLED_LINK.match(text))


def is_label(text: str) -> bool:
    """A bare label of the page's boilerplate: ``Summary``, ``topics``, ``Advertisement``."""
    return len(text) < 120 and bool(_LABEL.match(text))


def is_contact(text: str) -> bool:
    """How to reach the authors, with an address."""
    return "@" in text and len(text) < 400 and bool(_ADDRESS.search(text) and _CONTACT.search(text))


def is_promotion(text: str) -> bool:
    """Apps, newsletters and channels of the outlet."""
    if len(text) >= 400:
        return False
    lower = text.lower()
    return any(map(lower.__contains__, _PROMOTION_WORDS)) and bool(_PROMOTION.search(text))


def is_copyright(text: str) -> bool:
    """The line that says whose text it was; what follows is the page's foot."""
    if len(text) >= 300:
        return False
    lower = text.lower()
    if not ("©" in lower or "(c)" in lower or "copy" in lower or "rights reserved" in lower):
        return False
    notice = _COPYRIGHT.search(text)
    # A notice at the end of a paragraph does not make the paragraph one.
    return notice is not None and notice.start() < 100
