"""The Jinja environment of the pages and its filters; what a page says is built whole by its handler."""

import re
import sys
from collections.abc import Callable, Sequence
from contextlib import suppress
from datetime import date, datetime
from functools import cache, partial
from pathlib import Path
from pickle import UnpicklingError
from typing import Any, cast
from zoneinfo import ZoneInfo

from jinja2 import (
    Environment,
    FileSystemBytecodeCache,
    FileSystemLoader,
    StrictUndefined,
    nodes,
    pass_context,
)
from jinja2.bccache import Bucket
from jinja2.compiler import CodeGenerator, Frame
from jinja2.runtime import Context
from jinja2.visitor import NodeTransformer
from markupsafe import Markup, escape

from registry.domain.language import ENGLISH, Language, Worded, day_text, said, worded, worded_n
from registry.domain.values import dataclass
from registry.web.charts import amount
from registry.web.links import outside_address
from registry.web.words import answer_heading, mark, words

PACKAGE = Path(__file__).resolve().parents[1]
SPOKEN = frozenset({
    *("account/second_factor.html", "account/show.html", "copy/names.html", "errors/error.html", "feeds/list.html"),
    *("follow/asked.html", "follow/leave.html", "follow/new.html", "follow/show.html"),
    *("lookup/embed.html", "lookup/home.html", "lookup/list.html", "lookup/show.html"),
    *("radar/risk_fit.html", "radar/show.html"),
    *("reports/tell.html", "reports/told.html"),
    *("requests/leave.html", "requests/new.html", "requests/show.html"),
    *("session/again.html", "session/code.html", "session/forgotten.html", "session/link.html"),
    *("session/login.html", "session/signed_out.html"),
    *("site/accessibility.html", "site/guidance.html"),
    *("tools/list.html", "tools/show.html"),
    *("verdicts/list.html", "verdicts/show.html"),
})  # fmt: skip
"""Pages that a colleague meets: they are said in the registry's language."""

_SPECIAL = re.compile("[&<>'\"]").search
_MINUTE_S, _HOUR_S, _DAY_S = 60, 3600, 86400


@dataclass(frozen=True)
class SignedIn:
    """The person whom the header greets."""

    name: str
    roles: frozenset[str] = frozenset()


@dataclass(frozen=True)
class FeedLink:
    """A feed that a reader may find by itself: `type` is its media type, `url` a path of ours."""

    title: str
    type: str
    url: str
    format: str = ""
    """Its name, as `Atom`."""


@dataclass(frozen=True)
class Copy:
    """What a page must know that is written as a file, for a server that only hands out files."""

    live_url: str
    """Of the registry itself; empty where who reads the copy cannot reach it."""
    own_url: str
    """Where the copy will be served; empty where nobody said."""
    stamp: str
    """When the page was written, in words."""
    stamp_iso: str
    policy: str
    """The content security policy, which no header can bear here."""
    script_url: str


@dataclass(frozen=True)
class Site:
    """What every page knows beside its own `page` value; built anew for each request."""

    name: str
    contact: str
    """An e-mail address, or a sentence that says whom to ask."""
    base_url: str
    """Without a slash at its end."""
    path: str
    """Path and query of the page, so that sign-in and the theme form lead back to it."""
    now: datetime | None
    """None in a copy, which may be read at any time."""
    stylesheet_url: str
    script_url: str
    icon_url: str
    user: SignedIn | None = None
    theme: str = ""
    """`light`, `dark`, or empty: as the device has it."""
    language: str = "en"
    page_language: str = "en"
    """Of what stands within `main`: pages of staff are English in every registry."""
    feed_links: Sequence[FeedLink] = ()
    indexed: bool = False
    """Whether search engines may list the page."""
    banner: str = ""
    """A line above the header, such as the agency's name; none by default."""
    requests_open: bool = True
    not_understood: str = ""
    """What the address asked for and nobody knows, in sentences; the page is shown without it."""
    copy: Copy | None = None
    """Of a page that is written as a file."""


def templates_dir(package: Path = PACKAGE) -> Path:
    """Where the templates are: inside an installed `registry`, or beside it in a checkout.

    Raises FileNotFoundError where neither has a base template.
    """
    for folder in (package / "_templates", package.parent / "templates"):
        if (folder / "base.html").is_file():
            return folder
    raise FileNotFoundError(f"no templates beside or inside {package.name}; install the package again")


@cache
def make_environment(
    *, time_zone: str = "UTC", folder: Path | None = None, language: Language = ENGLISH
) -> Environment:
    """An environment in which an unknown name is an error and every value is escaped; made once for equal parts.

    `time_zone` is the organisation's, an IANA name. Filters: `day`, `moment`, `iso`, `ago(now)`, `words`,
    `mark`, `outside` for addresses that others wrote, `answer_heading(conditions)`, and `said` for what was marked for
    the catalogues elsewhere.
    Raises ZoneInfoNotFoundError for a zone that is none.
    """
    zone = ZoneInfo(time_zone)

    def local(value: date | datetime) -> date | datetime:
        return value.astimezone(zone) if isinstance(value, datetime) else value

    def day(value: date | datetime) -> str:
        """3 November 2026."""
        return day_text(local(value), language)

    def moment(value: datetime) -> str:
        """3 November 2026, 14:02."""
        return f"{day(value)}, {local(value):%H:%M}"

    def clock(value: datetime) -> str:
        """14:02."""
        return f"{local(value):%H:%M}"

    def iso(value: date | datetime) -> str:
        """What a `<time datetime>` wants."""
        if isinstance(value, datetime):
            return value.astimezone(zone).isoformat(timespec="minutes")
        return value.isoformat()

    def say(text: str) -> str:
        return said(text, language) if isinstance(text, Worded) or not text else language.gettext(text)

    folder = folder or templates_dir()
    environment = (AsWritten if language is ENGLISH else Pages)(
        loader=FileSystemLoader(folder),
        auto_reload=False,
        bytecode_cache=None if sys.dont_write_bytecode else CompiledBeside(folder, language),
        autoescape=True,
        undefined=StrictUndefined,
        extensions=["jinja2.ext.i18n"],
        trim_blocks=True,
        lstrip_blocks=True,
        finalize=None if language is ENGLISH else lambda value: _say(value, language),
    )
    environment.filters |= {"day": day, "moment": moment, "clock": clock, "iso": iso, "ago": ago}
    environment.install_gettext_translations(language, newstyle=True)  # type: ignore[attr-defined]
    if language is not ENGLISH:
        for name in ("_", "gettext", "ngettext"):
            environment.globals[name] = _say_gaps(
                cast("Callable[..., str]", environment.globals[name]), language
            )
    # Of what the registry itself wrote into its record, which is English whatever it speaks.
    environment.globals["in_english"] = "" if language is ENGLISH else Markup(' lang="en"')
    environment.globals["amount"] = amount
    environment.filters |= {
        "said": _when_asked(say),
        "words": _when_asked(lambda code: say(words(code))),
        "mark": _when_asked(mark),
        "outside": outside_address,
        "answer_heading": _when_asked(partial(answer_heading, language=language)),
    }
    return environment


class IntoText(CodeGenerator):
    """Has what a template gives out escaped by its environment."""

    def _output_child_pre(self, node: nodes.Expr, frame: Frame, finalize: Any) -> None:
        if frame.eval_ctx.volatile or not frame.eval_ctx.autoescape:
            super()._output_child_pre(node, frame, finalize)
        else:
            self.write(f"environment.escaped({finalize.src or ''}")


class Pages(Environment):
    code_generator_class = IntoText

    @staticmethod
    def escaped(value: object) -> str:
        """As `escape`, which a page asks hundreds of times, mostly of what has nothing to escape.

        What is given out is joined to text at once, so nothing need remember that it is safe.
        """
        if type(value) is Markup or (type(value) is str and not _SPECIAL(value)):
            return value
        return escape(value)


class AsWritten(Pages):
    """In English what a template says word for word is part of its text, and not asked for each time it is made."""

    def _generate(self, source: nodes.Template, *named: Any, **more: Any) -> str:
        return super()._generate(_WordForWord().visit(source), *named, **more)


class _WordForWord(NodeTransformer):
    def visit_Call(self, node: nodes.Call) -> nodes.Node:  # noqa: N802 - the library's name
        match self.generic_visit(node):
            case nodes.Call(
                node=nodes.Name(name="_"),
                args=[nodes.Const(value=str(text))],
                kwargs=[],
                dyn_args=None,
                dyn_kwargs=None,
            ):
                return nodes.Const(Markup(text) % {}, lineno=node.lineno)  # noqa: S704 - as the extension gives it
            case other:
                return other


class CompiledBeside(FileSystemBytecodeCache):
    """Templates compiled once and kept beside them, as Python keeps modules, wherever it may write there."""

    def __init__(self, folder: Path, language: Language) -> None:
        kind = (
            "english" if language is ENGLISH else "translated"
        )  # of which the code does not hold what is said
        super().__init__(str(folder / "__pycache__"), f"{kind}_into_text_%s.cache")

    def load_bytecode(self, bucket: Bucket) -> None:
        try:
            super().load_bytecode(bucket)
        except (OSError, EOFError, ValueError, UnpicklingError):  # damaged: compiled anew and written over
            bucket.reset()

    def dump_bytecode(self, bucket: Bucket) -> None:
        with suppress(OSError):
            Path(self.directory).mkdir(exist_ok=True)
            super().dump_bytecode(bucket)


def _when_asked(word: Callable[..., object]) -> Callable[..., object]:
    """A filter that Jinja does not apply ahead, while it compiles a template, to what stands there word for word."""

    @pass_context
    def asked(_context: Context, *values: object, **named: object) -> object:
        return word(*values, **named)

    return asked


def _say(value: object, language: Language) -> object:
    return value.said(language) if isinstance(value, Worded) else value


def _say_gaps(gettext: Callable[..., str], language: Language) -> Callable[..., str]:
    """The same, for gaps that hold a sentence themselves."""

    @pass_context
    def saying(context: Context, *texts: object, **gaps: object) -> str:
        return gettext(context, *texts, **{name: _say(value, language) for name, value in gaps.items()})

    return saying


def ago(value: datetime, now: datetime) -> str:
    """How long before or after `now`, in the largest whole unit: "3 days ago", "in 2 hours", "just now"."""
    seconds = int((now - value).total_seconds())
    past, size = seconds > 0, abs(seconds)
    if size < _MINUTE_S:
        return worded("just now")
    if size < _HOUR_S:
        n = size // _MINUTE_S
        return (
            worded_n("{n} minute ago", "{n} minutes ago", n)
            if past
            else worded_n("in {n} minute", "in {n} minutes", n)
        )
    if size < _DAY_S:
        n = size // _HOUR_S
        return (
            worded_n("{n} hour ago", "{n} hours ago", n)
            if past
            else worded_n("in {n} hour", "in {n} hours", n)
        )
    n = size // _DAY_S
    return worded_n("{n} day ago", "{n} days ago", n) if past else worded_n("in {n} day", "in {n} days", n)
