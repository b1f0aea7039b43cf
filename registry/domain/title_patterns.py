"""How titles announce things, as patterns; what follows from a match is decided in proposal.py."""

import re

SEPARATOR = re.compile(r"\s+[-–—|]\s+|\s+--\s+")
COLON = re.compile(r":\s+")
POSTED = re.compile(r"^(?:show|launch)\s+hn\s*[:–—-]\s*", re.IGNORECASE)
BATCH = re.compile(
    r"\s*\((?:YC\s)?[A-Z]{1,2}\d{2}\)|\s*\[(?:pdf|video)\]|\s*\((?:19|20)\d\d\)", re.IGNORECASE
)
ADDED = re.compile(r"^(?P<name>\S+) (?:was )?(?:added|published) to ", re.IGNORECASE)
RISK_NUMBER = re.compile(r"\b(?:CVE-\d{4}-\d{4,}|GHSA(?:-[0-9a-z]{4}){3})\b", re.IGNORECASE)
AFFECTED = re.compile(r"^(?P<name>.+?) [-–—] (?:CVE|GHSA)-[\w-]+(?::\s*(?P<tagline>.*))?$", re.IGNORECASE)
NO_NAME = re.compile(
    r"^(?:an?|the|i|i'm|i've|my|we|we're|our|your|how|why|what|when|where|who|is|are|do|does|can|"
    r"open[- ]?source|free|yet another|using|building|build|making|make|turn|create|this|that|these|it|some|"
    r"new|simple|self-hosted)\b",
    re.IGNORECASE,
)
DIGEST = re.compile(
    r"^(?:the\s+)?(?:top\s+)?\d+\s+(?:\w+\s+){0,3}?(?:best|top|great(?:est)?|free|essential|useful|popular|"
    r"tools?|apps?|ways|things|reasons|tips|alternatives|open[- ]source|plugins|extensions|libraries|"
    r"startups)\b"
    r"|^(?:the\s+)?(?:best|top)\s+(?:\d+\s+)?.*\b(?:tools|apps|alternatives|software|platforms|services|"
    r"of\s+20\d\d|in\s+20\d\d)\b"
    r"|\b(?:this|last|the)\s+(?:week|month|year)\s+(?:in|at|on)\b|\b(?:week|month|year)\s+in\s+review\b"
    r"|\b(?:weekly|monthly|daily)\s+(?:\w+\s+)?"
    r"(?:digest|roundup|round-up|update|newsletter|links|news|recap)\b"
    r"|\b(?:round-?up|link\s?dump|newsletter|digest)\b(?:\s*[#:–—-]|\s+\d|$)"
    r"|\b(?:weekly|issue|edition)\s*#?\s?\d+"
    r"|^links\s+(?:for|from|of)\b|^(?:what['’]s|everything)\s+new\s+(?:in|at|on|with|from|we)\b",
    re.IGNORECASE,
)
INTRODUCING = re.compile(
    r"^(?:we(?:['’]re|\s+are)\s+)?(?:excited\s+to\s+)?"
    r"(?:introduc(?:ing|e)|announc(?:ing|e)|launch(?:ing)?|meet|say\s+hello\s+to|hello|welcome\s+to|"
    r"unveiling|releasing|"
    r"presenting|now\s+available)\s*:?\s+(?P<name>.+)$",
    re.IGNORECASE,
)
AVAILABLE = re.compile(
    r"^(?P<name>.+?)\s+(?:is|are|has|have|comes?|reach(?:es|ed))\s+(?:now\s+|finally\s+|been\s+)*"
    r"(?:generally\s+available|available|here|live|out|released|launched|open\s+source(?:d)?|"
    r"general\s+availability)\b",
    re.IGNORECASE,
)
RELEASED = re.compile(r"^(?P<name>.+?)\s+(?:released|launched|launches|release)\s*$", re.IGNORECASE)
AFTER_NAME = re.compile(
    r"(?:,|:|\.|!|\?|;|\s[-–—|(]|\s+(?:for|in|on|with|to|from|by|at|a|an|and|is|are|that|which|your|our|"
    r"powered|now|"
    r"into|as|as\spart)\b).*$",
    re.IGNORECASE,
)
OUR = re.compile(r"^(?:(?:the|our|all[- ]new|new|brand[- ]new|updated)\s+)+", re.IGNORECASE)
NO_TOOL = re.compile(
    r"\b(?:program(?:me)?|council|board|conference|policy|fund|partnership|fellowship|fellows|grants?|"
    r"office|team|plan|"
    r"initiative|awards?|summit|webinar|event|report|survey|"
    r"community|university|institute|foundation|hub|round)$",
    re.IGNORECASE,
)
GENERIC = re.compile(
    r"^(?:changes?|updates?|improvements?|support|features?|winners?|partnership|team|api|apps?|"
    r"office|program|"
    r"pricing|results|results?\s.*|winter|summer|our\b.*|we\b.*|more\b.*|better\b.*|us|you)$",
    re.IGNORECASE,
)
SLUG_NUMBER = re.compile(r"-(?:\d+|[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})$")
AFFIXES = re.compile(
    r"^(?:get|use|try|go|my|join|with|hey|the)|(?:app|hq|io|ai|labs?|tech|software|dev|so|inc)$"
)
