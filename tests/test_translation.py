"""The catalogues hold every sentence that is marked, with its gaps, and the answers are said in them."""

import re
import shutil
import subprocess
import sys
from datetime import date
from pathlib import Path

import pytest
from babel.messages.catalog import Catalog
from babel.messages.mofile import read_mo, write_mo
from babel.messages.pofile import read_po

from registry.domain.answer import House
from registry.domain.errors import RegistryError
from registry.domain.language import day_text
from registry.domain.wording import SENTENCES, sentence
from registry.settings import load_settings
from registry.translation import SUPPLIED, catalogue, known
from tests.web.pages.test_plain_words import GAPS

ROOT = Path(__file__).parent.parent
KEYWORDS = ("-k", "say", "-k", "worded", "-k", "worded_n:1,2")
LANGUAGES = [each for each in known() if each != "en"]


def read(path: Path) -> Catalog:
    with path.open("rb") as file:
        return read_mo(file) if path.suffix == ".mo" else read_po(file)


def forms(text: str | tuple[str, ...] | list[str]) -> tuple[str, ...]:
    return (text,) if isinstance(text, str) else tuple(text)


def gaps(text: str) -> set[str]:
    return set(re.findall(r"\{\w+\}|%\(\w+\)s|<a href=\"[^\"]*\">", text))


@pytest.mark.whole
def test_the_template_holds_just_what_is_marked(tmp_path: Path):
    found = tmp_path / "registry.pot"
    wishes = [
        "-F",
        "pyproject.toml",
        *("-k", "say", "-k", "worded", "-k", "worded_n:1,2"),
        "--omit-header",
        "-o",
        str(found),
        ".",
    ]
    subprocess.run(
        [sys.executable, "-m", "babel.messages.frontend", "-q", "extract", *wishes], cwd=ROOT, check=True
    )
    assert {each.id for each in read(SUPPLIED / "registry.pot")} == {each.id for each in read(found)}


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_catalogue_says_every_sentence_and_loses_no_gap(language: str):
    said = read(SUPPLIED / language / "LC_MESSAGES" / "registry.po")
    for marked in read(SUPPLIED / "registry.pot"):
        if not marked.id:
            continue
        there = said.get(marked.id)
        assert there is not None, marked.id
        assert all(forms(there.string)), marked.id
        assert gaps("".join(forms(there.string))) == gaps("".join(forms(marked.id))), marked.id


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_compiled_catalogue_is_that_of_its_source(language: str):
    folder = SUPPLIED / language / "LC_MESSAGES"
    source, compiled = read(folder / "registry.po"), read(folder / "registry.mo")
    assert {forms(each.id): forms(each.string) for each in compiled if each.id} == {
        forms(each.id): forms(each.string) for each in source if each.id
    }


@pytest.mark.parametrize("key", SENTENCES)
def test_every_answer_is_said_in_spanish(key: str):
    house = House(data_classes=("public",), account_types=(), language=catalogue("es"))
    told = sentence(key, GAPS, house)
    assert told != sentence(key, GAPS, House(data_classes=("public",), account_types=()))
    assert "{" not in told


def test_a_day_is_written_as_the_language_writes_it():
    assert day_text(date(2027, 5, 3)) == "3 May 2027"
    assert day_text(date(2027, 5, 3), catalogue("es")) == "3 de mayo de 2027"


def test_an_offices_own_catalogue_stands_before_the_supplied_one(tmp_path: Path):
    own = Catalog(locale="es")
    own.add("Check", "Mirar")
    place = tmp_path / "es" / "LC_MESSAGES" / "registry.mo"
    place.parent.mkdir(parents=True)
    with place.open("wb") as file:
        write_mo(file, own)
    say = catalogue("es", tmp_path).gettext
    assert say("Check") == "Mirar"
    assert say("Tools") == "Herramientas"
    assert say("What nobody marked") == "What nobody marked"


def test_a_new_language_can_be_added(tmp_path: Path):
    folder = tmp_path / "xx" / "LC_MESSAGES"
    shutil.copytree(SUPPLIED / "es" / "LC_MESSAGES", folder)
    assert known(tmp_path) == ["en", "es", "xx"]
    assert catalogue("xx", tmp_path).gettext("Yes") == "Sí"


def test_a_language_that_is_not_there_is_refused_with_those_that_are():
    with pytest.raises(RegistryError, match="en, es"):
        load_settings(language="tlh")
