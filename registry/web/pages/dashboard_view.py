"""The dashboard's values: numbers in words with their definitions, charts, and the address of the list behind each."""

from collections.abc import Sequence
from datetime import datetime
from urllib.parse import quote_plus, urlencode

from registry.domain.outcome import MEANINGS, Outcome
from registry.domain.spans import STAGES, Span, Stage
from registry.domain.values import dataclass
from registry.services.numbers.agreement import Reading
from registry.services.numbers.numbers import BANDS, By, Group, Numbers, Wanted
from registry.web.charts import BarChart, bar_chart
from registry.web.shapes import Link, Option

BY_OPTIONS = (
    Option("quarter", "Quarter"),
    Option("month", "Month"),
    Option("tier", "Tier"),
    Option("outcome", "Outcome"),
)
FEW = 5
"""With fewer cases behind it, a time is an anecdote."""
TIER_OPTIONS = (Option("", "Every tier"), *(Option(str(tier), f"Tier {tier}") for tier in (1, 2, 3)))
OUTCOME_OPTIONS = (
    Option("", "Every outcome"),
    *(Option(outcome.value, MEANINGS[outcome].label) for outcome in Outcome),
)


@dataclass(frozen=True)
class Figure:
    """One number, with what it counts and the list behind it."""

    code: str
    label: str
    said: str
    url: str
    more: str
    definition: str


@dataclass(frozen=True)
class StageRow:
    label: str
    count: int
    median: str
    slow: str
    url: str
    definition: str


@dataclass(frozen=True)
class GroupRow:
    label: str
    count: int
    median: str
    slow: str
    url: str


@dataclass(frozen=True)
class SourceRow:
    name: str
    url: str
    candidates: int
    candidates_url: str
    accepted: int
    accepted_url: str
    share: str


@dataclass(frozen=True)
class LookedUp:
    query: str
    url: str
    times: int
    last_at: datetime


@dataclass(frozen=True)
class Chart:
    """`finding` states in words what it shows; `rows` are the same as a table: label, value, address."""

    title: str
    finding: str
    bars: BarChart
    rows: Sequence[tuple[str, str, str]]


@dataclass(frozen=True)
class DashboardPage:
    empty: bool
    since: str
    tier: str
    outcome: str
    by: str
    tiers: Sequence[Option]
    outcomes: Sequence[Option]
    bys: Sequence[Option]
    figures: Sequence[Figure]
    stages: Sequence[StageRow]
    groups: Sequence[GroupRow]
    times: Chart | None
    waiting: Sequence[Chart]
    mix: Chart
    sources: Sequence[SourceRow]
    unanswered: Sequence[LookedUp]
    formats: Sequence[Link]


def query_of(wanted: Wanted, **more: str) -> str:
    """The query that names what is narrowed to, with more; empty for nothing."""
    told = {
        "since": wanted.since.isoformat() if wanted.since else "",
        "tier": str(wanted.tier or ""),
        "outcome": wanted.outcome.value if wanted.outcome else "",
        "by": wanted.by.value if wanted.by is not By.QUARTER else "",
    }
    return urlencode({key: value for key, value in {**told, **more}.items() if value})


def dashboard_page(found: Numbers, agreed: Sequence[Reading], rubric: str) -> DashboardPage:
    wanted = found.wanted
    return DashboardPage(
        empty=found.empty,
        since=found.since.isoformat(),
        tier=str(wanted.tier or ""),
        outcome=wanted.outcome.value if wanted.outcome else "",
        by=wanted.by.value,
        tiers=TIER_OPTIONS,
        outcomes=OUTCOME_OPTIONS,
        bys=BY_OPTIONS,
        figures=_figures(found, agreed, rubric),
        stages=[_stage(found, stage) for stage in Stage],
        groups=[_group(wanted, each) for each in found.groups],
        times=_times(found) if found.groups else None,
        waiting=[_ages("candidates", found.candidates), _ages("evaluations", found.evaluations)],
        mix=_mix(found),
        sources=[
            SourceRow(
                each.name,
                f"/sources/{each.id}",
                each.candidates,
                f"/dashboard/yield?source={each.id}",
                each.accepted,
                f"/dashboard/yield?source={each.id}&what=accepted",
                percent(each.accepted, each.candidates),
            )
            for each in found.sources
        ],
        unanswered=[
            LookedUp(query, f"/check?q={quote_plus(query)}", times, last)
            for query, times, last in found.unanswered
        ],
        formats=[
            Link("CSV", f"/dashboard.csv?{query_of(wanted)}".rstrip("?")),
            Link("JSON", f"/api/v1/numbers?{query_of(wanted)}".rstrip("?")),
        ],
    )


def days_text(value: float | None) -> str:
    """`12 days`, `half a day` as `0.5 days`; a dash for no case."""
    if value is None:
        return "–"
    told = f"{value:.1f}" if value < 10 and round(value, 1) % 1 else f"{value:.0f}"
    return f"{told} day{'' if told == '1' else 's'}"


def percent(part: int, whole: int) -> str:
    return f"{100 * part / whole:.0f} %" if whole else "–"


def _figures(found: Numbers, agreed: Sequence[Reading], rubric: str) -> list[Figure]:
    narrowed = query_of(found.wanted)
    figures = [_time_figure(found, stage) for stage in (Stage.WHOLE, Stage.REVIEW)]
    figures += [
        Figure(
            "waiting",
            "Candidates that wait",
            f"{sum(found.candidates):,}",
            "/dashboard/backlog?what=candidates",
            f"{found.candidates[-1]:,} of them for {BANDS[-1][1]}",
            "New in the inbox: nobody has accepted, merged, dismissed or put them on watch.",
        ),
        Figure(
            "overdue",
            "Overdue evaluations",
            f"{found.overdue:,}",
            "/dashboard/overdue",
            f"of {sum(found.evaluations):,} at work",
            "At work, or waiting, and past the day that their tier aims at.",
        ),
        Figure(
            "due-soon",
            "End within 90 days",
            f"{found.due_soon:,}",
            "/dashboard/due-soon",
            "verdicts that stand and must be renewed or let go",
            "Verdicts that stand and whose last day, or the due date of an open condition, is within the next 90 days.",
        ),
        Figure(
            "lapsed",
            "Lapsed approvals",
            percent(found.lapsed, found.permitted),
            "/dashboard/lapsed",
            f"{found.lapsed:,} of {found.permitted:,} approvals",
            "Of all verdicts that colleagues may take for approved (in force, in grace, paused, lapsed), those "
            "whose days of grace are over and that nobody renewed.",
        ),
        Figure(
            "overrides",
            "Decided otherwise than recommended",
            f"{found.overrides:,}",
            f"/dashboard/overrides?{narrowed}".rstrip("?"),
            f"{percent(found.overrides, found.verdicts)} of {found.verdicts:,} verdicts, {found.milder:,} milder",
            "Verdicts of the period in which the approver went a step from what the decision table recommended.",
        ),
    ]
    worst = next((each for each in agreed if each.whole.alpha is not None), None)
    figures.append(
        Figure(
            "agreement",
            "Least agreement",
            f"{worst.whole.alpha:.2f}" if worst and worst.whole.alpha is not None else "–",
            f"/agreement?rubric={quote_plus(rubric)}",
            f"on {worst.criterion.name.lower()}. {worst.said}"
            if worst
            else "No evaluation was scored by two people yet.",
            "Krippendorff’s alpha of the criterion on which reviewers agree least: 1 is full agreement, 0 is "
            "chance. First scorecards of decided evaluations of the last eight quarters.",
        )
    )
    return figures


def _time_figure(found: Numbers, stage: Stage) -> Figure:
    span = found.stages[stage]
    return Figure(
        stage.value,
        STAGES[stage].label,
        days_text(span.median),
        f"/dashboard/times?{query_of(found.wanted, stage=stage.value)}",
        _cases_behind(span),
        f"{STAGES[stage].definition} Half of the cases took no longer than this.",
    )


def _cases_behind(span: Span) -> str:
    if not span.count:
        return "no verdict yet"
    if span.count < FEW:
        return f"too few to tell: {span.count} {'verdict' if span.count == 1 else 'verdicts'}"
    return f"85 of 100 within {days_text(span.slow)} ({span.count:,} verdicts)"


def _stage(found: Numbers, stage: Stage) -> StageRow:
    span = found.stages[stage]
    return StageRow(
        STAGES[stage].label,
        span.count,
        days_text(span.median),
        days_text(span.slow),
        f"/dashboard/times?{query_of(found.wanted, stage=stage.value)}",
        STAGES[stage].definition,
    )


def _group(wanted: Wanted, each: Group) -> GroupRow:
    span = each.stages[Stage.REVIEW]
    url = f"/dashboard/times?{query_of(wanted, group=each.key, stage=Stage.REVIEW.value)}"
    return GroupRow(
        group_name(wanted.by, each.key), span.count, days_text(span.median), days_text(span.slow), url
    )


def group_name(by: By, key: str) -> str:
    if by is By.OUTCOME:
        return MEANINGS[Outcome(key)].label
    if by is By.TIER:
        return f"Tier {key}"
    return f"{key[-2:]} {key[:4]}" if by is By.QUARTER else key


def _times(found: Numbers) -> Chart:
    rows = [(_group(found.wanted, each), each.stages[Stage.REVIEW]) for each in found.groups]
    span = found.stages[Stage.REVIEW]
    return Chart(
        f"Opened to verdict, by {found.wanted.by.value}",
        f"Half of {span.count:,} verdicts came within {days_text(span.median)} of opening, 85 of 100 within "
        f"{days_text(span.slow)}. The bar is the median, the line behind it ends at the 85th of a hundred.",
        bar_chart([(row.label, _short(span), row.url, span.median or 0, span.slow) for row, span in rows]),
        [(row.label, f"{row.median}, {row.slow} ({row.count})", row.url) for row, _ in rows],
    )


def _short(span: Span) -> str:
    return f"{days_text(span.median)} · {days_text(span.slow)}"


def _ages(what: str, counts: Sequence[int]) -> Chart:
    urls = [f"/dashboard/backlog?what={what}&band={place}" for place in range(len(BANDS))]
    rows = [
        (words[:1].upper() + words[1:], f"{count:,}", url, float(count), None)
        for (_, words), count, url in zip(BANDS, counts, urls, strict=True)
    ]
    total, old = sum(counts), counts[-1]
    name = "candidates wait in the inbox" if what == "candidates" else "evaluations are at work"
    finding = f"{total:,} {name}, {old:,} of them for over three months." if total else f"No {name}."
    title = "Candidates by age" if what == "candidates" else "Evaluations by age"
    return Chart(title, finding, bar_chart(rows), [(label, said, url) for label, said, url, *_ in rows])


def _mix(found: Numbers) -> Chart:
    total = sum(found.mix.values())
    rows = [
        (MEANINGS[outcome].label, f"{count:,}", f"/dashboard/mix?mix={outcome.value}", float(count), None)
        for outcome, count in found.mix.items()
    ]
    most = max(found.mix, key=lambda outcome: found.mix[outcome])
    finding = (
        f"Of {total:,} verdicts most are: {MEANINGS[most].label.lower()} ({percent(found.mix[most], total)})."
        if total
        else "No verdict has gone out."
    )
    return Chart(
        "Verdicts by outcome", finding, bar_chart(rows), [(label, said, url) for label, said, url, *_ in rows]
    )
