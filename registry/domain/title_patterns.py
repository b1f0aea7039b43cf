"""How titles announce things, as patterns; what follows from a match is decided in proposal.py and headlines.py."""

import re

SEPARATOR = re.compile(r"\s+[-–—|]\s+|\s+--\s+|\s+::\s+")
COLON = re.compile(r":\s+")
POSTED = re.compile(r"^(?P<form>show|launch)\s+hn\s*[:–—-]\s*", re.IGNORECASE)
TALK = re.compile(r"^(?:ask|tell|poll)\s+hn\b|\bis hiring\b", re.IGNORECASE)
BATCH = re.compile(
    r"\s*\((?:YC\s)?[A-Z]{1,2}\d{2}\)|\s*\[(?:pdf|video)\]|\s*\((?:19|20)\d\d\)", re.IGNORECASE
)
ADDED = re.compile(r"^(?P<name>\S+) (?:was )?(?:added|published) to ", re.IGNORECASE)
RISK_NUMBER = re.compile(r"\b(?:CVE-\d{4}-\d{4,}|GHSA(?:-[0-9a-z]{4}){3})\b", re.IGNORECASE)
AFFECTED = re.compile(r"^(?P<name>.+?) [-–—] (?:CVE|GHSA)-[\w-]+(?::\s*(?P<tagline>.*))?$", re.IGNORECASE)
NUMBER_FIRST = re.compile(
    r"^(?:CVE-\d{4}-\d{4,}|GHSA(?:-[0-9a-z]{4}){3})\s*[-–—:]\s*(?P<name>[\w.+-]+):\s+(?P<tagline>.*)$",
    re.IGNORECASE,
)
FLAW_IN = re.compile(
    r"\b(?i:vulnerability|flaw|bug|execution|overflow|use-after-free|injection|bypass|escalation) in "
    r"(?:the )?(?P<name>[A-Z][\w.+-]*(?: [A-Z][a-z]+\b(?!\())*)"
)
NO_NAME = re.compile(
    r"^(?:an?|the|i|i'm|i've|i’m|i’ve|my|we|we're|our|your|how|why|what|when|where|who|is|are|do|does|can|"
    r"open[- ]?source|free|yet another|using|building|build|making|make|turn|create|this|that|these|it|some|"
    r"new|simple|self-hosted|real-time|cloud-ready|minimalist|ten|two|three|four|five|six|seven|eight|nine)\b"
    r"|['’]s\b",
    re.IGNORECASE,
)
"""How a sentence or a description begins, and no product's name; a possessive is a description too."""

_COUNT = (
    r"(?:(?:[2-9]|[1-9]\d|100)(?![.,%\-–]|\d)|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|"
    r"fifteen|twenty|dozens? of)"
)
_LISTED = (
    r"(?:best|top|great(?:est)?|free|essential|useful|popular|must-have|tools?|apps?|ways|things|reasons|tips|"
    r"tricks|alternatives|open[- ]source|plugins|extensions|libraries|startups|features|designs?|infographics|"
    r"blogs|websites|sites|ideas|examples|lessons|projects|games|movies|books|mistakes|habits|questions|"
    r"resources|links|articles|posts|frameworks|services|products|facts|steps|rules|signs|trends|gadgets)"
)
DIGEST = re.compile(
    rf"^(?:the\s+)?(?:top\s+)?{_COUNT}\s+(?:[\w'’-]+\s+){{0,5}}?{_LISTED}\b"
    rf"|^(?:the\s+)?(?:best|top)\s+(?:{_COUNT}\s+.*|.*\b(?:tools|apps|alternatives|software|platforms|services|"
    r"of\s+20\d\d|in\s+20\d\d)\b)"
    rf"|^(?:recap of|a (?:list|roundup|collection) of)\b|\b(?:spotlight|roundup):\s+(?:{_COUNT}\b|.*favou?rites)"
    r"|\b(?:this|last)\s+(?:week|month|year)\s+(?:in|at|on)\s+(?!\d)|\bthe\s+week\s+(?:in|at|on)\s+(?!\d)"
    r"|\b(?:week|month|year)\s+in\s+review\b|\bweek\s+of\s+[A-Z]"
    r"|\b(?:weekly|monthly|daily)\s+(?:\w+\s+)?"
    r"(?:digest|roundup|round-up|update|newsletter|links|news|recap)\b"
    r"|\b(?:round-?up|link\s?dump|newsletter|digest)\b(?:\s*[#:–—-]|\s+\d|$)"
    r"|\b(?:weekly|issue|edition)\s*#?\s?\d+|\bweekend reads\b|\b(?:news|snapshots)\b.*\bin ein,? zwei sätzen"
    r"|^links\s+(?:for|from|of)\b|\blinks\s+[-–—:]\s"
    r"|^(?:what['’]s|everything)\s+new\s+(?:in|at|on|with|from|we)\s+(?!\S+(?:\s\S+)?\s\d)",
    re.IGNORECASE,
)

INTRODUCING = re.compile(
    r"^(?:we(?:['’]re|\s+are)\s+)?(?:excited\s+to\s+)?"
    r"(?:introduc(?:ing|e)|announc(?:ing|e)|launch(?:ing)?|meet|say\s+hello\s+to|hello|welcome\s+to|"
    r"unveiling|releasing|presenting|piloting|now\s+available)\s*:?\s+(?P<name>.+)$",
    re.IGNORECASE,
)
AVAILABLE = re.compile(
    r"^(?P<name>.+?)\s+(?:is|are|has|have|comes?|reach(?:es|ed))\s+(?:now\s+|finally\s+|been\s+)*"
    r"(?:generally\s+available|available|here|live|out|released|launched|open\s+source(?:d)?|"
    r"general\s+availability)\b(?P<rest>.*)$",
    re.IGNORECASE,
)
RELEASED = re.compile(
    r"^(?P<name>.+?)\s+(?:released|launched|launches|release|arrives|lands|ya está (?:aquí|disponible)|"
    r"ist (?:da|verfügbar|erschienen)|erschienen|est disponible|è disponibile)\s*[.!]?$",
    re.IGNORECASE,
)
REACHES = re.compile(
    r"^(?P<name>.+?)\s+(?:reaches|hits|erreicht)\s+(?:version\s+)(?P<number>\d+(?:\.\d+)*)\b", re.IGNORECASE
)
VERSION_OF = re.compile(
    r"^v(?:ersion )?\.?\s?(?P<number>\d[\w.]*) of (?:the )?(?P<name>[A-Z].*)$", re.IGNORECASE
)
VERSION_OUT = re.compile(
    r"^(?P<name>\S.{0,48}?) v?(?P<number>\d+(?:\.\d+)+)(?: (?:beta|alpha|rc))?"
    r"(?P<rest>$| [-–—|] |: | (?:hits|arrives|lands|released|is out|adds|brings|for [A-Z]|ya está|erreicht)\b.*)"
)
"""A name, a version and nothing but an announcement behind them."""
STAGE_OF = re.compile(
    r"^(?:the )?(?:(?:public|private|open|closed|early|first|initial) )*(?:beta|alpha|preview|release|launch|"
    r"availability)(?: (?:release|version|launch))? of (?:the )?(?:new )?",
    re.IGNORECASE,
)
SOMEWHERE = re.compile(
    r"^\s+(?:(?:in|on|as|through|via|at|to|within|inside)\s+(?!(?:public |private |open |early )*"
    r"(?:beta|preview|alpha|access|general|ga\b))\S)",
    re.IGNORECASE,
)
"""Available in Brazil, on Android: news about what exists already."""
AFTER_NAME = re.compile(
    r"(?:,|:|\.(?=\s|$)|!|\?|;|\s[-–—|(]|\s+(?:in|on|with|to|from|by|at|a|an|and|is|are|that|which|your|our|"
    r"powered|now|into|as|as\spart)\b|\s+for\s+(?![A-Z][\w-]*(?:\s+[A-Z][\w-]*)?\s*(?:$|[:,.!?–—-]))).*$"
)
OUR = re.compile(r"^(?:(?:the|our|all[- ]new|new|brand[- ]new|updated)\s+)+", re.IGNORECASE)
NO_TOOL = re.compile(
    r"\b(?:program(?:me)?|council|board|conference|policy|fund|partnership|fellowship|fellows|grants?|"
    r"office|team|plan|initiative|awards?|summit|webinar|event|report|survey|"
    r"community|university|institute|foundation|hub|round|license|watches|party|trust|index|card|jobs?)$",
    re.IGNORECASE,
)
GENERIC = re.compile(
    r"^(?:changes?|updates?|improvements?|support|features?|winners?|partnership|team|api|apps?|"
    r"office|program|next generation.*|generation.*|two|three|four|five|\d+[kmb%+]*\b.*|"
    r"pricing|results|results?\s.*|winter|summer|our\b.*|we\b.*|more\b.*|better\b.*|us|you)$"
    r"|^(?:two|three|four|five|several)\b|^\d+[kKMB%]\b",
    re.IGNORECASE,
)
ODD_CASE = re.compile(
    r"^(?=.*[A-Za-z])(?:[A-Za-z]*[a-z][A-Z]\w*|[A-Z]{2,}\w*|\w*[A-Za-z]\d[\w.]*|[A-Z][\w]*[·.][A-Z]\w*"
    r"|[A-Z]\w*-(?:[A-Z]\w*|\d\w*)|[A-Z]{2,}\w*-\w+)(?:[-.][\w.]+)*$"
)
"""One word that is written as only names are: MuseNet, CLIP, GPT-4o, DALL·E."""
FOR_WHOM = re.compile(r"^(?P<name>[A-Z][\w.-]* for (?:[A-Z][\w-]*)(?:\s[A-Z][\w-]*)?)$")
NO_TAGLINE = re.compile(
    r"^(?:updates?|results?|registration|changes?|what|how|why|now|the end|release notes|reminder|"
    r"(?:one|two|three|four|five|six|\d+)[- ](?:day|week|month|year)s?\b|a (?:look|story|tale|review|year)\b|"
    r"[\w'’]+ing\b.*\b(?:about|back)\b|keep\b|reduce\b|too many\b|going\b|approved\b)",
    re.IGNORECASE,
)
"""What stands behind a topic's name, and not behind a product's."""
REPOSITORY_TITLE = re.compile(r"^(?P<owner>[\w.-]+)/(?P<name>[\w.-]+)(?:\s|$|:)")
CODE_HOST = re.compile(
    r"^(?:github\.com|gitlab\.com|bitbucket\.org|codeberg\.org|gitee\.com|git\.sr\.ht|salsa\.debian\.org|gitea\.com|"
    r"huggingface\.co|codehost\.example)/[^/]+/[^/]"
)
"""A strong key that is a repository's."""
TALK_OF_REPOSITORY = re.compile(
    r"/(?:-/)?(?:pulls?|issues?|merge_requests|commits?|compare|discussions|actions|blob|security)(?:/|$)"
)
RELEASE_PAGE = re.compile(r"/(?:-/)?(?:releases/tag|releases|tags?)/[^/]+$")
