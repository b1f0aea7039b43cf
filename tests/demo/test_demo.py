"""The demo is made by the real parts: its past by the services, its candidates by scraping over loopback."""

import json
import socket
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import Engine
from sqlmodel import Session, select
from typer.testing import CliRunner

from registry.cli.demo import app
from registry.demo import lately
from registry.demo.content import load
from registry.demo.place import Place
from registry.domain.errors import RuleBroken
from registry.domain.outcome import Outcome
from registry.domain.proposal import Announcer
from registry.domain.triggers import Cause, ReportKind
from registry.domain.validity import ValidityState, validity
from registry.domain.visit import visits
from registry.services.answers import matching
from registry.services.evaluations.assessing import weigh
from registry.services.people import house, sign_in
from registry.settings import Settings, load_settings
from registry.store import tables, verdicts
from registry.store.engine import make_engine, snapshot


@dataclass(frozen=True)
class Made:
    told: dict
    data_dir: Path
    settings: Settings
    engine: Engine
    words: str


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Made]:
    data_dir = tmp_path_factory.mktemp("data")
    ran = run(data_dir)
    place = Place(data_dir)
    note = place.note()
    assert note is not None
    settings = place.settings(load_settings(), audiences=note.audiences, port=8000)
    engine = make_engine(settings.resolved_database_url)
    yield Made(json.loads(ran.stdout), data_dir, settings, engine, ran.stderr)
    engine.dispose()


@pytest.fixture
def session(made: Made) -> Iterator[Session]:
    with snapshot(made.engine) as session:
        yield session


def run(data_dir: Path, *more: str):
    environment = {
        "REGISTRY_DATA_DIR": str(data_dir),
        "REGISTRY_DATABASE_URL": f"sqlite:///{data_dir}/real.sqlite3",
    }
    ran = CliRunner().invoke(app, ["--no-serve", "--json", *more], env=environment)
    assert ran.exit_code == 0, ran.output
    return ran


def count(session: Session, table: type) -> int:
    return len(session.exec(select(table)).all())


def test_sources_of_every_kind_are_read_and_what_is_wrong_with_some_is_told(session):
    found = {each.name: each for each in session.exec(select(tables.Source))}
    assert len(found) >= 14
    assert {each.announcer for each in found.values()} == set(Announcer)
    broken = {each.name: each.error_code for each in found.values() if each.error_code}
    assert broken == {
        "Millrace Today": "web_page_not_feed",
        "Gable Street Wire": "server_error",
        "Old Harbour Notes": "gone",
    }
    assert [each.name for each in found.values() if each.moved_to] == ["The Copperleaf journal"]


def test_the_slow_source_was_waited_for(session):
    slow = session.exec(select(tables.Source).where(tables.Source.name == "Lantern Board: tools")).one()
    visit = visits(slow.strip)[0]
    assert visit.elapsed_ms >= 900
    assert visit.new > 0


def test_at_least_two_hundred_entries_came_in(session):
    assert count(session, tables.Entry) >= 200


def test_the_tool_that_six_sources_announce_is_one_candidate_with_six_mentions(session):
    candidate = session.exec(select(tables.Candidate).where(tables.Candidate.name == "Quillmark")).one()
    mentions = session.exec(select(tables.Mention).where(tables.Mention.candidate_id == candidate.id)).all()
    entries = [session.get(tables.Entry, each.entry_id) for each in mentions]
    assert len({each.source_id for each in entries}) == len(mentions) == 6
    asked = session.exec(select(tables.Request).where(tables.Request.candidate_id == candidate.id)).all()
    assert len(asked) == 2


def test_a_part_of_the_candidates_was_triaged(session):
    states = Counter(each.status.value for each in session.exec(select(tables.Candidate)))
    assert (states["dismissed"], states["watch"]) == (3, 2)
    assert states["new"] > 50


def test_news_of_a_known_tool_is_told_to_that_tool(session):
    told = session.exec(select(tables.Event).where(tables.Event.action == "tool.mentioned")).all()
    slugs = {session.get(tables.Tool, each.subject_id).slug for each in told}
    assert {"tidewell", "formwright", "lintelworks", "minutecraft"} <= slugs


def test_its_tools_are_known_by_their_aliases(session, made):
    assert count(session, tables.Tool) == 41
    asked = [(alias, each.slug) for each in load(datetime.now(UTC)).tools for alias in each.aliases]
    for alias, slug in asked:
        found = matching.match(session, alias)
        assert found is not None, alias
        assert found.tool.slug == slug, alias


def test_each_office_has_a_default_rule(session, made):
    assert house.house(session, made.settings).default_rules.keys() >= {"hq", "field"}


def test_all_five_outcomes_were_decided(session):
    assert {each.outcome for each in session.exec(select(tables.Verdict))} == set(Outcome)


def test_every_validity_is_there_today(session, made):
    now = datetime.now(UTC)
    rulings = verdicts.as_rulings(session, verdicts.published(session, now=now))
    states = {validity(each, at=now, zone=made.settings.zone).state for each in rulings}
    assert states == set(ValidityState)


def test_reviewers_disagree_where_moderation_is_under_way(session):
    row = session.exec(select(tables.Evaluation).where(tables.Evaluation.state == "moderation")).one()
    assert {"R1", "R2", "R8", "K7"} <= {each.id for each in weigh(session, row).disagreements}


def test_lately_a_double_got_a_quick_no_and_colleagues_told_of_tools_in_use(session):
    row = session.exec(
        select(tables.Verdict).join(tables.Tool).where(tables.Tool.slug == lately.DOUBLE)
    ).one()
    assert (row.outcome, row.reason_code, row.alternatives) == (
        Outcome.REJECTED,
        "duplicate",
        [lately.INSTEAD],
    )
    assert {each.kind for each in session.exec(select(tables.Report))} == set(ReportKind)
    assert Cause.INCIDENT in {each.cause for each in session.exec(select(tables.Reopening))}
    assert session.exec(select(tables.Event).where(tables.Event.action == "verdict.pilot_result")).one()


def test_an_approver_with_an_interest_has_declared_it(session):
    declared = session.exec(select(tables.Interest).where(tables.Interest.interested)).all()
    assert [session.get(tables.User, each.user_id).name for each in declared] == ["Amir Dawson"]


def test_every_act_but_triage_lies_in_the_past_and_none_in_the_future(session, made):
    made_at = datetime.fromisoformat(made.told["made_at"])
    moments = [each.at for each in session.exec(select(tables.Event))]
    assert (made_at - max(moments)).total_seconds() > -60
    assert (made_at - min(moments)).days > 700


def test_no_verdict_names_a_tool_that_is_not_ours(session):
    ours = {each.slug for each in load(datetime.now(UTC)).tools}
    judged = session.exec(select(tables.Tool.slug).join(tables.Verdict)).all()
    assert set(judged) <= ours


def test_each_person_of_the_cast_can_sign_in_by_their_link_again_and_again(session, made):
    now = datetime.now(UTC)
    people = made.told["people"]
    assert len(people) == 8
    for each in people:
        link = each["sign_in"].rpartition("/")[2]
        for _ in range(2):
            user, _ = sign_in.get_link(session, link, secret=made.settings.secret, now=now)
            assert user.email == each["email"]


def test_a_second_start_changes_nothing(session, made):
    before = (made.data_dir / "demo" / "demo.json").read_bytes(), count(session, tables.Event)
    again = run(made.data_dir)
    assert json.loads(again.stdout) == made.told
    assert again.stderr == ""
    assert ((made.data_dir / "demo" / "demo.json").read_bytes(), count(session, tables.Event)) == before


def test_the_real_registry_is_never_touched(made):
    assert [each.name for each in made.data_dir.iterdir()] == ["demo"]


def test_progress_goes_to_standard_error_line_by_line(made):
    assert "Dawn Launches: 20 entries" in made.words
    assert len(made.words.splitlines()) == 27


def test_a_demo_of_another_version_counts_as_none(made):
    note = made.data_dir / "demo" / "demo.json"
    kept = note.read_text()
    note.write_text(json.dumps({**json.loads(kept), "edition": "another"}))
    assert Place(made.data_dir).note() is None
    note.write_text(kept)


def test_a_reset_takes_the_demos_folder_and_nothing_else(tmp_path):
    place = Place(tmp_path)
    place.begin()
    (tmp_path / "registry.sqlite3").touch()
    place.clear()
    assert [each.name for each in tmp_path.iterdir()] == ["registry.sqlite3"]


def test_a_reset_spares_a_folder_that_no_demo_made(tmp_path):
    (tmp_path / "demo").mkdir()
    (tmp_path / "demo" / "letters.txt").touch()
    with pytest.raises(RuleBroken, match="not the demo's"):
        Place(tmp_path).clear()
    assert (tmp_path / "demo" / "letters.txt").exists()


def test_a_taken_port_is_told_before_anything_is_made(tmp_path):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = str(taken.getsockname()[1])
        ran = CliRunner().invoke(app, ["--port", port], env={"REGISTRY_DATA_DIR": str(tmp_path)})
    assert isinstance(ran.exception, RuleBroken)
    assert list(tmp_path.iterdir()) == []
