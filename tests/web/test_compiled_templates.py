"""Templates are compiled once and kept beside them; what is kept never changes what a page says."""

import gettext
from pathlib import Path

import pytest
from markupsafe import Markup

from registry.domain.language import ENGLISH, worded
from registry.web.rendering import make_environment


class Upside(gettext.NullTranslations):
    """A language of its own in which all is said in capitals."""

    def gettext(self, message: str) -> str:
        return message.upper()


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr("sys.dont_write_bytecode", False)
    make_environment.cache_clear()
    (tmp_path / "page.html").write_text('{{ "approved"|words }}, {{ "unknown_tool"|answer_heading }}')
    return tmp_path


def shown(folder: Path, **said: object) -> str:
    make_environment.cache_clear()
    return make_environment(folder=folder, **said).get_template("page.html").render()  # type: ignore[arg-type]


def test_what_was_compiled_is_kept_and_taken_again(folder: Path) -> None:
    first = shown(folder)
    (kept,) = (folder / "__pycache__").iterdir()
    written = kept.stat().st_mtime_ns
    assert shown(folder) == first
    assert kept.stat().st_mtime_ns == written


def test_a_template_that_changed_is_compiled_anew(folder: Path) -> None:
    shown(folder)
    (folder / "page.html").write_text("Other")
    assert shown(folder) == "Other"


def test_no_language_is_kept_with_it(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    english = shown(folder)
    assert shown(folder, language=Upside()) == english.upper()
    monkeypatch.setattr("registry.web.rendering.words", lambda code: f"Now {code}")
    assert shown(folder).startswith("Now approved")


def test_where_nothing_may_be_written_pages_are_shown_all_the_same(folder: Path) -> None:
    (folder / "__pycache__").write_text("a file where the folder would be")
    assert shown(folder).startswith("Approved")


def test_what_cannot_be_read_is_compiled_anew(folder: Path) -> None:
    english = shown(folder)
    (kept,) = (folder / "__pycache__").iterdir()
    kept.write_bytes(kept.read_bytes()[:40])
    assert shown(folder) == english


def test_in_english_what_is_said_word_for_word_is_text(folder: Path) -> None:
    (folder / "page.html").write_text('{% set yes = _("Yes") %}{{ yes }} in 100 {{ _("%% of <b>all</b>") }}')
    assert shown(folder) == "Yes in 100 % of <b>all</b>"
    assert shown(folder, language=Upside()) == "YES in 100 % OF <B>ALL</B>"
    english = make_environment(folder=folder)
    assert "resolve('_')" not in english.compile((folder / "page.html").read_text(), raw=True)


class Shouted:
    def __html__(self) -> str:
        return "<b>!</b>"


@pytest.mark.parametrize(
    ("value", "given_out"),
    [
        ("plain", "plain"),
        ("<a href='x'>\"&\"</a>", "&lt;a href=&#39;x&#39;&gt;&#34;&amp;&#34;&lt;/a&gt;"),
        (Markup("<i>kept</i>"), "<i>kept</i>"),
        (Shouted(), "<b>!</b>"),
        (worded("1 < 2"), "1 &lt; 2"),
        (7, "7"),
        (None, "None"),
    ],
)
@pytest.mark.parametrize(
    "template",
    [
        "{{ value }}",
        "{% macro of(it) %}{{ it }}{% endmacro %}{{ of(value) }}",
        "{% set it %}{{ value }}{% endset %}{{ it }}",
        "{% filter trim %}{{ value }}{% endfilter %}",
        "{% for each in [value] %}{{ each }}{% endfor %}",
    ],
)
def test_what_is_given_out_is_escaped_once(
    folder: Path, template: str, value: object, given_out: str
) -> None:
    (folder / "page.html").write_text(template)
    make_environment.cache_clear()
    for language in (ENGLISH, Upside()):
        page = make_environment(folder=folder, language=language).get_template("page.html")
        assert page.render(value=value) == given_out
