import gc
import re
import subprocess
import sys
import weakref
import zipfile
from datetime import UTC, date, datetime
from enum import StrEnum
from pathlib import Path
from types import SimpleNamespace

import pytest
from jinja2 import Environment, UndefinedError

from registry.domain.answer import AnswerCode
from registry.domain.condition import ConditionState
from registry.domain.decision_table import FitBand, RiskBand
from registry.domain.evaluation import EvaluationState
from registry.domain.outcome import MEANINGS, Outcome
from registry.domain.triage import CandidateStatus
from registry.domain.validity import ValidityState
from registry.web import shapes
from registry.web.charts import dot_plot
from registry.web.rendering import FeedLink, SignedIn, Site, ago, make_environment, templates_dir
from registry.web.words import HEADINGS, MARKS, answer_heading, mark, words

NOW = datetime(2026, 11, 3, 14, 2, tzinfo=UTC)
ROSA = SignedIn("Rosa", frozenset({"reviewer"}))
ROOT = Path(__file__).resolve().parents[2]
ANSWERS = tuple(HEADINGS)


def a_site(**changes: object) -> Site:
    values: dict[str, object] = {
        "name": "Harbour Registry",
        "contact": "help@office.example",
        "base_url": "https://registry.example",
        "path": "/verdicts?outcome=pilot",
        "now": NOW,
        "stylesheet_url": "/static/site.1.css",
        "script_url": "/static/site.1.js",
        "icon_url": "/static/icon.1.svg",
    }
    return Site(**(values | changes))  # type: ignore[arg-type]


@pytest.fixture
def environment() -> Environment:
    return make_environment(time_zone="Europe/Lisbon")


def say(environment: Environment, source: str, **context: object) -> str:
    return environment.from_string(source).render(**context)


def page(environment: Environment, site: Site, main: str = "<h1>Here</h1>") -> str:
    source = (
        "{% extends 'base.html' %}{% block title %}Here{% endblock %}{% block main %}"
        + main
        + "{% endblock %}"
    )
    return say(environment, source, site=site, page=SimpleNamespace())


@pytest.mark.parametrize("user", [None, ROSA])
def test_what_a_page_was_made_of_is_gone_with_it(environment: Environment, user: SignedIn | None):
    class Page: ...

    made_of = Page()
    gone = weakref.ref(made_of)
    source = "{% extends 'base.html' %}{% block main %}<h1>Here</h1>{% endblock %}"
    gc.disable()
    try:
        say(environment, source, site=a_site(user=user), page=made_of)
        del made_of
        assert gone() is None, "no circle of garbage holds it"
    finally:
        gc.enable()


def test_an_unknown_name_in_a_template_is_an_error(environment: Environment):
    with pytest.raises(UndefinedError):
        say(environment, "{{ nobody_set_this }}")


def test_every_value_is_escaped(environment: Environment):
    assert say(environment, "{{ name }}", name="<script>") == "&lt;script&gt;"


def test_a_day_is_written_in_the_zone_of_the_organisation():
    evening = datetime(2026, 11, 3, 23, 30, tzinfo=UTC)
    assert say(make_environment(time_zone="UTC"), "{{ t|day }}", t=evening) == "3 November 2026"
    assert say(make_environment(time_zone="Asia/Tokyo"), "{{ t|day }}", t=evening) == "4 November 2026"


def test_a_plain_date_is_the_same_day_in_every_zone():
    shown = say(make_environment(time_zone="Pacific/Auckland"), "{{ d|day }} {{ d|iso }}", d=date(2027, 1, 1))
    assert shown == "1 January 2027 2027-01-01"


def test_a_moment_has_the_hour_of_the_organisation():
    shown = say(make_environment(time_zone="Asia/Tokyo"), "{{ t|moment }} {{ t|iso }}", t=NOW)
    assert shown == "3 November 2026, 23:02 2026-11-03T23:02+09:00"


@pytest.mark.parametrize(
    ("then", "told"),
    [
        (datetime(2026, 11, 3, 14, 1, 30, tzinfo=UTC), "just now"),
        (datetime(2026, 11, 3, 14, 1, tzinfo=UTC), "1 minute ago"),
        (datetime(2026, 11, 3, 11, 2, tzinfo=UTC), "3 hours ago"),
        (datetime(2026, 10, 31, 14, 1, tzinfo=UTC), "3 days ago"),
        (datetime(2026, 11, 5, 14, 2, tzinfo=UTC), "in 2 days"),
    ],
)
def test_ago_speaks_in_the_largest_whole_unit(then: datetime, told: str):
    assert ago(then, NOW) == told


def test_every_outcome_has_the_label_of_the_core():
    assert {each: words(each) for each in Outcome} == {each: MEANINGS[each].label for each in Outcome}


def test_a_code_of_the_offices_own_making_still_reads_as_words():
    assert words("case_files") == "Case files"
    assert words(None) == ""


def test_a_code_without_a_mark_bears_no_tone_of_yes_or_no():
    assert mark("case_files").tone == "wait"


def test_no_two_outcomes_share_shape_and_tone():
    assert len({(MARKS[each].shape, MARKS[each].tone) for each in Outcome}) == len(Outcome)


@pytest.mark.parametrize(
    "code", ["no", "lapsed", "suspended", "under_review", "not_reviewed", "unknown_tool"]
)
def test_an_answer_that_is_no_yes_does_not_begin_like_one(code: str):
    assert not re.match(r"yes|approved|authori[sz]ed|allowed", answer_heading(code, 3), re.IGNORECASE)


def test_a_conditional_yes_says_how_many_conditions_there_are():
    assert answer_heading("yes_if", 3) == "Yes, if you meet 3 conditions"
    assert answer_heading("yes_if", 1) == "Yes, if you meet 1 condition"


def test_every_answer_has_its_first_words():
    assert set(HEADINGS) == set(AnswerCode)


@pytest.mark.parametrize(
    "codes",
    [AnswerCode, Outcome, ValidityState, CandidateStatus, EvaluationState, ConditionState, RiskBand, FitBand],
)
def test_every_state_has_a_mark_of_its_own(codes: type[StrEnum]):
    assert [code for code in codes if code not in MARKS] == []


def test_a_page_has_one_h1_a_skip_link_and_the_same_help(environment: Environment):
    shown = page(environment, a_site())
    assert shown.count("<h1") == 1
    assert 'href="#main"' in shown
    assert shown.index("</main>") < shown.index("Need help?") < shown.index("mailto:help@office.example")
    assert "<title>Here – Harbour Registry</title>" in shown


def test_the_place_in_the_navigation_is_marked(environment: Environment):
    assert re.findall(r'aria-current="\w+">([^<]+)', page(environment, a_site())) == ["Verdicts"]


def test_emil_sees_no_staff_part_and_rosa_does(environment: Environment):
    emil = page(environment, a_site(user=SignedIn("Emil", frozenset({"employee"}))))
    assert "/inbox" not in emil
    assert "/login" not in emil
    rosa = page(environment, a_site(user=ROSA))
    assert "/inbox" in rosa
    assert "/people" not in rosa


def test_asking_is_offered_only_where_it_is_open(environment: Environment):
    assert 'href="/request"' in page(environment, a_site())
    assert 'href="/request"' not in page(environment, a_site(requests_open=False))


def test_signing_out_is_a_form_that_posts(environment: Environment):
    assert '<form method="post" action="/logout">' in page(environment, a_site(user=ROSA))


def test_feeds_are_found_by_themselves(environment: Environment):
    feed = FeedLink("All verdicts", "application/atom+xml", "/feeds/verdicts.atom")
    shown = page(environment, a_site(feed_links=[feed]))
    assert (
        'rel="alternate" type="application/atom+xml" title="All verdicts" href="/feeds/verdicts.atom"'
        in shown
    )


def test_the_theme_of_the_cookie_stands_on_the_page(environment: Environment):
    assert '<html lang="en" data-theme="dark">' in page(environment, a_site(theme="dark"))
    assert '<html lang="en">' in page(environment, a_site())


def test_only_a_registry_that_wants_it_is_indexed(environment: Environment):
    assert 'content="noindex"' in page(environment, a_site())
    assert "noindex" not in page(environment, a_site(indexed=True))


def test_an_error_page_says_what_to_do_next(environment: Environment):
    fault = shapes.Fault(
        404, "Page not found", "Nothing is here.", [shapes.Link("Look a tool up", "/")], "7f3a"
    )
    shown = environment.get_template("errors/error.html").render(site=a_site(), page=fault)
    for told in ("<h1>Page not found</h1>", "Look a tool up", "7f3a", "help@office.example"):
        assert told in shown


def test_no_template_needs_an_inline_style_or_handler():
    for template in (ROOT / "templates").rglob("*.html"):
        assert not re.search(r"<style|\sstyle=|\son[a-z]+=|javascript:|\|\s*safe", template.read_text()), (
            template
        )


def test_every_macro_tells_its_parameters_at_the_top():
    for template in (ROOT / "templates" / "macros").glob("*.html"):
        text = template.read_text()
        told = text[: text.index("-#}")]
        inner = {
            "notes",
            "allowed",
            "described",
            "choices",
            "holds_for",
            "stands_until",
            "narrow_form",
            "as_text",
            "limits",
        }
        for name in set(re.findall(r"{% macro (\w+)\(", text)) - inner:
            assert f"{name}(" in told, (template.name, name)


def test_a_field_keeps_what_was_typed_and_ties_hint_and_fault_to_it(environment: Environment):
    source = """{% from 'macros/field.html' import field, error_summary %}
    {{ error_summary({"why": "Say why"}) }}
    {{ field("why", "Why", kind, v, "One sentence", "Say why", maxlength=300) }}"""
    for kind in ("text", "textarea"):
        shown = say(environment, source, kind=kind, v='a "b" <c>')
        assert 'href="#f-why"' in shown
        assert 'id="f-why"' in shown
        assert 'aria-describedby="f-why-hint f-why-fault" aria-invalid="true"' in shown
        assert "a &#34;b&#34; &lt;c&gt;" in shown
        assert 'maxlength="300"' in shown


def test_a_password_is_never_shown_again(environment: Environment):
    source = "{% from 'macros/field.html' import field %}{{ field('p', 'Password', 'password', 'secret') }}"
    assert "secret" not in say(environment, source)


@pytest.mark.parametrize(("kind", "value"), [("radios", "b"), ("checkboxes", ["b"]), ("select", "b")])
def test_a_choice_keeps_what_was_chosen(environment: Environment, kind: str, value: object):
    source = (
        "{% from 'macros/field.html' import field %}{{ field('x', 'Office', kind, value, options=options) }}"
    )
    options = [shapes.Option("a", "Harbour"), shapes.Option("b", "Hill")]
    shown = say(environment, source, kind=kind, value=value, options=options)
    assert len(re.findall(r'value="b" (checked|selected)|value="b"[^>]* (checked|selected)', shown)) == 1
    assert not re.search(r'value="a"[^>]* (checked|selected)', shown)
    assert 'id="f-x"' in shown


def test_a_table_cell_is_written_by_the_page_or_taken_from_the_row(environment: Environment):
    columns = [shapes.Column("tool", "Tool"), shapes.Column("n", "Number", numeric=True)]
    rows = [{"tool": "Murmur", "n": 3}]
    load = "{% from 'macros/list.html' import data_table %}"
    bare = say(environment, load + "{{ data_table('T', columns, rows) }}", columns=columns, rows=rows)
    assert "<div>Murmur</div>" in bare
    called = "{% call(row, c) data_table('T', columns, rows) %}<b>{{ row[c.key] }}</b>{% endcall %}"
    assert "<div><b>3</b></div>" in say(environment, load + called, columns=columns, rows=rows)


def test_a_filter_keeps_the_other_parameters_and_can_be_taken_off(environment: Environment):
    option = shapes.FacetOption("pilot", "Pilot", 4, checked=True)
    facets = shapes.Facets(
        "/verdicts",
        [shapes.Facet("outcome", "Outcome", [option], opened=False)],
        [shapes.Chip("Pilot", "/verdicts?q=x")],
        [("q", "x")],
    )
    source = "{% from 'macros/facets.html' import facets, chips %}{{ facets(f) }}{{ chips(f) }}"
    shown = say(environment, source, f=facets)
    assert '<input type="hidden" name="q" value="x">' in shown
    assert 'value="pilot" checked' in shown
    assert "<details open>" in shown
    assert 'href="/verdicts?q=x"' in shown


def test_equal_ratings_are_stacked_on_the_scale():
    plot = dot_plot([("Rosa", "1"), ("Ines", "1"), ("Jo", "U")], median="1")
    first, second, unknown = plot.dots
    assert (first.x, first.y - second.y) == (second.x, 26)
    assert plot.median_x == first.x
    assert unknown.x > dict(plot.scale)["4"]
    assert all(0 < dot.y < plot.base for dot in plot.dots)


def test_a_rating_off_the_scale_is_refused():
    with pytest.raises(ValueError, match="not a rating: 5"):
        dot_plot([("Rosa", "5")])


def test_templates_are_found_in_a_checkout_and_in_an_installed_package(tmp_path: Path):
    assert templates_dir() == ROOT / "templates"
    installed = tmp_path / "registry"
    (installed / "_templates").mkdir(parents=True)
    (installed / "_templates" / "base.html").touch()
    assert templates_dir(installed) == installed / "_templates"
    with pytest.raises(FileNotFoundError):
        templates_dir(tmp_path / "elsewhere")


@pytest.mark.whole
def test_a_built_wheel_holds_the_templates_and_the_static_files(tmp_path: Path):
    subprocess.run([sys.executable, "-m", "uv", "build", "--wheel", "-q", "-o", tmp_path, ROOT], check=True)
    names = zipfile.ZipFile(next(tmp_path.glob("*.whl"))).namelist()
    assert {
        "registry/_templates/base.html",
        "registry/static/icon.svg",
        "registry/static/css/0-tokens.css",
    } <= set(names)


@pytest.mark.parametrize(
    "text",
    [
        "javascript:alert(1)",
        " javascript:alert(1)",
        "JAVA\nSCRIPT:alert(1)",
        "data:text/html,x",
        "//x.example/",
        "",
    ],
)
def test_what_is_no_web_address_leads_nowhere(text: str):
    assert make_environment().from_string("{{ text|outside }}").render(text=text) == "#"


def test_every_address_that_others_wrote_is_held_against_that():
    written = re.compile(r'href="{{ ([^}]*) }}" rel="[^"]*nofollow')
    found = [
        each for path in (ROOT / "templates").rglob("*.html") for each in written.findall(path.read_text())
    ]
    assert len(found) > 15
    assert [each for each in found if not each.endswith("|outside")] == []
