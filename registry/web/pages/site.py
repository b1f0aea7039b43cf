"""What a site has beside its content: guidance, the accessibility statement, what programs ask a site for."""

from collections.abc import Sequence
from datetime import UTC, datetime, time, timedelta

from fastapi import Request, Response
from fastapi.responses import PlainTextResponse

from registry.domain.errors import NotFound
from registry.domain.language import gettext_noop as _
from registry.domain.language import worded
from registry.domain.lookup import Question
from registry.domain.values import dataclass
from registry.services.answers import lookup
from registry.services.answers.shown import ANY_TOOL
from registry.services.people.house import house
from registry.store import tools, verdicts
from registry.store.columns import id_of
from registry.web.deps import House, Known, Now, Read
from registry.web.render import render, render_document
from registry.web.routing import page_router
from registry.web.shapes import ToolLink
from registry.web.words import HEADINGS, words

router = page_router()
PAGES = ("/", "/tools", "/radar", "/verdicts", "/feeds", "/guidance", "/accessibility")
UNLISTED = (
    "/check",
    "/go/",
    "/suggest",
    "/login",
    "/sign-in/",
    "/request",
    "/verdicts?",
    "/tools?",
    "/radar?",
)
"""Answers of one moment, forms, and the same lists over again."""
MOST_ADDRESSES = 50_000
"""What one sitemap may hold, by its protocol."""
SECURITY_TXT = "/.well-known/security.txt"
SECURITY_TXT_HOLDS = timedelta(days=90)
MEANINGS = {
    "yes": _("Use it for work. Your ordinary duties hold, and no more."),
    "yes_if": _(
        "Use it when you keep to every condition. They are listed with the answer; each says who must act."
    ),
    "pilot": _("Only those in the pilot use it, until the day that is named."),
    "no": _(
        "Do not use it for work. The answer names the reason, and what to use instead where there is something."
    ),
    "lapsed": _("The approval ended and was not renewed. Nobody uses it until somebody decides anew."),
    "suspended": _("Something happened. Stop using it until we know more."),
    "under_review": _(
        "It is being looked at. Until then your office’s own rule holds, which the answer tells."
    ),
    "not_reviewed": _("Nobody has looked at it. Your office’s own rule holds; you can ask for a review."),
    "unknown_tool": _(
        "We found no tool that is certainly the one you mean. Look at the suggestions, or ask for it."
    ),
}


@dataclass(frozen=True)
class ToolGuidance:
    tool: ToolLink
    lines: Sequence[str]


@dataclass(frozen=True)
class GuidancePage:
    meanings: Sequence[tuple[str, str, str]]
    """An answer's code, its heading, what it means."""
    data_classes: Sequence[str]
    """Lowest first, in words."""
    tools: Sequence[ToolGuidance]


@dataclass(frozen=True)
class Address:
    url: str
    changed_at: datetime | None = None


@router.get("/guidance")
def show_guidance(request: Request, known: Known, read: Read, settings: House, now: Now) -> Response:
    found, organisation = tools.with_guidance(read), house(read, settings)
    answers = lookup.answers(read, found, Question(at=now), organisation, now=now, index=known)
    page = GuidancePage(
        meanings=[(code, HEADINGS[code], worded(meaning)) for code, meaning in MEANINGS.items()],
        data_classes=[words(value) for value in organisation.data_classes],
        tools=[
            ToolGuidance(
                ToolLink(each.name, f"/tools/{each.slug}", answers[id_of(each)].code.value),
                [line for line in each.guidance.splitlines() if line.strip()],
            )
            for each in found
        ],
    )
    return render(request, "site/guidance.html", page, indexed=True, lasting=ANY_TOOL)


@router.get("/accessibility")
def show_accessibility(request: Request) -> Response:
    return render(request, "site/accessibility.html", None, indexed=True)


@router.get("/robots.txt")
def tell_robots(settings: House) -> Response:
    lines = ["User-agent: *"]
    if settings.public:
        lines += [f"Disallow: {path}" for path in UNLISTED]
        lines += ["", f"Sitemap: {settings.base_url}/sitemap.xml"]
    else:
        lines += ["Disallow: /"]
    return PlainTextResponse("\n".join(lines) + "\n", headers={"Cache-Control": "public, max-age=3600"})


@router.get(SECURITY_TXT)
def tell_where_flaws_are_reported(settings: House, now: Now) -> Response:
    """RFC 9116; the same bytes all day. Without an address to report to there is none."""
    if not settings.reports_to:
        raise NotFound(
            worded("This registry names nobody to report a flaw to. Set REGISTRY_SECURITY_CONTACT.")
        )
    ends = datetime.combine(now.astimezone(UTC) + SECURITY_TXT_HOLDS, time(), UTC)
    lines = [
        f"Contact: {settings.reports_to}",
        f"Expires: {ends:%Y-%m-%dT%H:%M:%SZ}",
        f"Preferred-Languages: {', '.join(dict.fromkeys((settings.language, 'en')))}",
    ]
    if settings.base_url.startswith("https://"):  # RFC 9116 2.5.2: a web address here must be https
        lines.append(f"Canonical: {settings.base_url}{SECURITY_TXT}")
    return PlainTextResponse("\n".join(lines) + "\n", headers={"Cache-Control": "public, max-age=3600"})


@router.get("/sitemap.xml")
def map_site(request: Request, read: Read, settings: House, now: Now) -> Response:
    if not settings.public:
        raise NotFound(worded("This registry is not listed by search engines, so it has no map for them."))
    base = settings.base_url
    addresses = [
        *(Address(base + path) for path in PAGES),
        *(Address(f"{base}/tools/{slug}") for slug in tools.slugs(read)),
        *(
            Address(f"{base}/verdicts/{row.number}", row.published_at)
            for row in verdicts.published(read, now=now)
        ),
    ]
    return render_document(request, "site/sitemap.xml", addresses[:MOST_ADDRESSES], "application/xml")
