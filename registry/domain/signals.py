"""What a headline means for a tool in use: its end, other terms, another owner; releases and risks are told by the
kind."""

import re

from registry.domain.announcement import EntryKind, Signal

END_OF_LIFE = re.compile(
    r"\b(?:end[- ]of[- ](?:life|support|service|sale)|reach(?:es|ed)? (?:its )?(?:eol|end of)|eol\b"
    r"|(?:is|are|was|will be|being|now|to be|has been|have been) (?:now )?(?:officially )?"
    r"(?:discontinued|deprecated|retired|sunset|decommissioned|shut(?:ting)? down|no longer (?:supported|maintained))"
    r"|shut(?:ting|s)? down\b(?! (?:vpn|critics|rumou?rs|protest|attack))|sunset(?:ting)? (?!over|at |in the )"
    r"|sunset(?:ting)?(?: reminder| notice| date|$)|retir(?:ing|es|ement of) |discontinu(?:es|ing|ation of) "
    r"|deprecat(?:es|ing|ion of) |saying goodbye to |says? goodbye to |winding down|wind(?:s)? down "
    r"|powering down |closing down|closes? its doors|calls it quits|is going away|are going away|no longer maintained)",
    re.IGNORECASE,
)
TERMS = re.compile(
    r"\b(?:terms of (?:service|use)|consumer terms|commercial terms|privacy policy|privacy statement|privacy notice"
    r"|usage policy|acceptable use policy|data processing (?:addendum|agreement)|licen[cs]e change|change of licen[cs]e"
    r"|(?:changes?|changing|switch(?:es|ing)?|moves?|moving) (?:to |its |our |the )*(?:\S+ ){0,3}?licen[cs](?:e|es|ing)"
    r"|new licen[cs](?:e|ing)|relicens(?:es|ing|ed)|re-licens(?:es|ing|ed)"
    r"|pric(?:e|es|ing) (?:\S+ )?(?:change|changes|increase|increases|update|adjustments?)"
    r"|(?:changes?|updates?|changing|updating|new) (?:to |in |our |the |its )*(?:\S+ )?(?:pricing|prices|terms))\b",
    re.IGNORECASE,
)
ABOUT_TERMS = re.compile(
    r"\b(?:updat|chang|new|revis|amend|clarif|introduc|announc|now\b|switch|mov|relicen|re-licen|increas|adjust)"
    r"|\bpolicy update\b|^terms\b",
    re.IGNORECASE,
)
OWNER = re.compile(
    r"\b(?:(?:is|was|has been|have been|are|being|to be|gets?|got) (?:\S+ )?(?:acquired|bought|sold|taken over)\b"
    r"|(?:is|are) joining (?:forces with )?[A-Z]|(?:joins|joined) [A-Z]\S* to\b|(?:acquired|bought|taken over) by "
    r"|new owner(?:s|ship)?\b|under new ownership|chang(?:es?|ing|ed) (?:of )?(?:owner|ownership|hands)\b"
    r"|completes? (?:its |the )?(?:acquisition|merger|takeover) (?:of|by|with)\b"
    r"|(?:acquisition|takeover) of \S+ (?:by|closes|completed|is complete)|merg(?:es|ing) with [A-Z])"
)
"""Only what says that the tool itself, or its maker, goes to somebody else; who buys others keeps its tools."""
EXPLOITED = re.compile(
    r"\b(?:actively |being |known |now |under (?:active )?)(?:exploit\w*|attack)\b|\bin the wild\b|\bzero[- ]day\b"
    r"|\b0-day\b",
    re.IGNORECASE,
)


def signal_of(title: str, kind: EntryKind, *, exploited: bool) -> Signal:
    """`exploited`: the source lists nothing but what is being exploited."""
    if kind is EntryKind.RISK:
        return Signal.EXPLOITED if exploited or EXPLOITED.search(title) else Signal.VULNERABLE
    if kind is EntryKind.VERSION:
        return Signal.RELEASE
    if kind is EntryKind.DIGEST:
        return Signal.NONE
    if END_OF_LIFE.search(title):
        return Signal.END_OF_LIFE
    if TERMS.search(title) and ABOUT_TERMS.search(title):
        return Signal.TERMS
    if OWNER.search(title):
        return Signal.OWNER
    return Signal.NONE
