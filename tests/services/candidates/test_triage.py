from datetime import date, datetime, timedelta

import pytest
from sqlmodel import Session, select

from registry.domain.errors import InvalidInput, NotFound, RuleBroken, StaleVersion
from registry.domain.identity import name_key
from registry.domain.triage import CandidateStatus, DismissReason
from registry.services.answers.matching import match
from registry.services.candidates import editing, merging, triage, waking
from registry.services.candidates.letting_in import OnAnothersHost
from registry.services.candidates.recording import Chosen
from registry.services.people.acting import Actor
from registry.store import inbox, tools
from registry.store.inbox import Filter
from registry.store.tables import AliasKind, Candidate, Entry, Event, Mention, Request, Source
from tests.builders import a_tool

ROSA = Actor(None, "Rosa")


def a_candidate(
    session: Session, now: datetime, name="Plumeria", homepage="https://plumeria.example/"
) -> Candidate:
    return triage.propose_by_hand(session, name=name, homepage=homepage, by=ROSA, now=now)


def a_mention(session: Session, candidate: Candidate, now: datetime) -> Mention:
    source = session.exec(select(Source)).first()
    if source is None:
        source = Source(
            name="Launches", url="https://feeds.example/", announcer="launch_feed", created_at=now
        )
        session.add(source)
        session.flush()
    number = len(session.exec(select(Entry)).all())
    entry = Entry(
        source_id=source.id,
        key=str(number),
        second_key=str(number),
        seen_at=now,
        content_hash="",
        kind="tool",
        extractor_version="1",
    )
    session.add(entry)
    session.flush()
    mention = Mention(entry_id=entry.id, candidate_id=candidate.id, first_candidate_id=candidate.id, at=now)
    session.add(mention)
    session.flush()
    return mention


def aliases(session: Session, tool_id: int) -> set[tuple[AliasKind, str]]:
    return {(alias.kind, alias.key) for alias in tools.aliases(session, tool_id)}


def last_event(session: Session) -> Event:
    session.flush()
    return session.exec(select(Event).order_by(Event.id.desc())).first()


def test_accepting_makes_a_tool_known_by_name_and_address(session, now):
    candidate = a_candidate(session, now)
    tool = triage.accept(session, candidate.id, by=ROSA, now=now, category="notes")
    assert (tool.slug, tool.name, tool.category) == ("plumeria", "Plumeria", "notes")
    assert aliases(session, tool.id) == {(AliasKind.NAME, "plumeria"), (AliasKind.DOMAIN, "plumeria.example")}
    assert (candidate.status, candidate.tool_id) == (CandidateStatus.ACCEPTED, tool.id)
    assert last_event(session).action == "candidate.accepted"


@pytest.mark.parametrize(
    ("homepage", "kind", "key"),
    [
        ("https://github.com/Acme/Plumeria", AliasKind.PATH, "github.com/acme/plumeria"),
        ("https://docs.plumeria.example/start", AliasKind.DOMAIN, "plumeria.example"),
    ],
)
def test_a_strong_key_becomes_an_alias_of_its_kind(session, now, homepage, kind, key):
    tool = triage.accept(session, a_candidate(session, now, homepage=homepage).id, by=ROSA, now=now)
    assert (kind, key) in aliases(session, tool.id)


def test_accepting_into_a_tool_gives_it_the_new_address(session, now):
    tool = triage.accept(session, a_candidate(session, now).id, by=ROSA, now=now)
    other = a_candidate(session, now, "Plumeria Notes", "https://plumerianotes.example/")
    assert triage.accept(session, other.id, by=ROSA, now=now, tool_id=tool.id) == tool
    assert (AliasKind.DOMAIN, "plumerianotes.example") in aliases(session, tool.id)


def test_two_tools_cannot_have_one_name(session, now):
    triage.accept(session, a_candidate(session, now).id, by=ROSA, now=now)
    namesake = a_candidate(session, now, "PLUMERIA", "https://flowers.example/")
    with pytest.raises(RuleBroken, match=r"belongs to “Plumeria” already\. Where both are one, accept"):
        triage.accept(session, namesake.id, by=ROSA, now=now)


@pytest.mark.parametrize(
    ("name", "homepage", "owner"),
    [
        ("Work OS", "https://monday.com", "Monday.com"),
        ("Work OS", "https://www.pad.com", "Www.Pad.com"),
        ("Rival.com", "https://elsewhere.com", "Rival"),
        ("Rival Studio", "https://rival.com/studio", "Rival"),
    ],
)
def test_accepting_takes_no_certain_match_from_another_tool(session, now, name, homepage, owner):
    for each in ("Monday.com", "Www.Pad.com"):
        a_tool(session, each, now=now)
    a_tool(session, "Rival", now=now, aliases={"rival.com": AliasKind.DOMAIN})
    candidate = a_candidate(session, now, "Later", "")
    candidate.name, candidate.name_key, candidate.homepage = name, name_key(name), homepage
    with pytest.raises(RuleBroken, match=rf"“{owner}”.* Where both are one, accept this candidate into that"):
        triage.accept(session, candidate.id, by=ROSA, now=now)
    assert candidate.status is CandidateStatus.NEW


@pytest.mark.parametrize("name", ["Studio", "Rival Studio"])
def test_one_of_several_tools_on_a_host_is_accepted_knowingly_and_each_is_found_by_its_own_page(
    session, now, name
):
    rival = a_tool(session, "Rival", now=now, aliases={"rival.com": AliasKind.DOMAIN})
    candidate = a_candidate(session, now, name, "https://rival.com/studio")
    with pytest.raises(OnAnothersHost, match="accept it as another one beside it"):
        triage.accept(session, candidate.id, by=ROSA, now=now)
    tool = triage.accept(session, candidate.id, beside=True, by=ROSA, now=now)
    found = [match(session, f"https://rival.com{path}").tool.id for path in ("", "/pricing", "/studio/x")]
    assert found == [rival.id, rival.id, tool.id]
    again = a_candidate(session, now, "Later", "")
    again.homepage = "https://rival.com/studio"
    with pytest.raises(RuleBroken, match=f"belongs to “{name}” already") as refused:
        triage.accept(session, again.id, beside=True, by=ROSA, now=now)
    assert type(refused.value) is RuleBroken


def test_two_that_are_accepted_in_one_act_take_nothing_from_each_other(session, now):
    one, two = a_candidate(session, now, "Monday.com", ""), a_candidate(session, now, "Work", "monday.com")
    act = triage.accepting(
        session, [Chosen(one.id, one.version), Chosen(two.id, two.version)], by=ROSA, now=now
    )
    assert [each.error.sentence.partition(" Where")[0] for each in act.refused] == [
        "“monday.com” means “Monday.com” for certain already."
    ]


def test_two_names_that_share_a_slug_get_two(session, now):
    first = triage.accept(session, a_candidate(session, now, "C sharp", "").id, by=ROSA, now=now)
    second = triage.accept(session, a_candidate(session, now, "C#", "").id, by=ROSA, now=now)
    assert (first.slug, second.slug) == ("c-sharp", "c-sharp-2")


def test_dismissing_needs_a_reason_and_keeps_the_note(session, now):
    candidate = a_candidate(session, now)
    triage.dismiss(session, candidate.id, reason=DismissReason.SPAM, note="an advert", by=ROSA, now=now)
    assert (candidate.status, candidate.reason, candidate.note) == (
        CandidateStatus.DISMISSED,
        "spam",
        "an advert",
    )
    event = last_event(session)
    assert (event.action, event.actor, event.before["status"], event.after["status"]) == (
        "candidate.dismissed",
        "Rosa",
        "new",
        "dismissed",
    )


def test_only_a_new_candidate_can_be_dismissed(session, now):
    candidate = a_candidate(session, now)
    triage.accept(session, candidate.id, by=ROSA, now=now)
    with pytest.raises(RuleBroken):
        triage.dismiss(session, candidate.id, reason=DismissReason.SPAM, by=ROSA, now=now)


def test_a_version_that_is_no_longer_the_newest_is_refused(session, now):
    candidate = a_candidate(session, now)
    seen = candidate.version
    editing.edit(session, candidate.id, name="Plumeria Notes", by=ROSA, now=now, version=seen)
    with pytest.raises(StaleVersion):
        triage.dismiss(session, candidate.id, reason=DismissReason.SPAM, by=ROSA, now=now, version=seen)
    assert candidate.status is CandidateStatus.NEW


def test_a_candidate_that_is_not_there_is_not_found(session, now):
    with pytest.raises(NotFound):
        triage.reopen(session, 404, by=ROSA, now=now)


def test_merging_keeps_every_mention_and_every_request(session, now):
    one, two = a_candidate(session, now), a_candidate(session, now, "Plumo", "https://plumo.example/")
    mentions = [a_mention(session, one, now), a_mention(session, two, now)]
    request = Request(candidate_id=two.id, first_candidate_id=two.id, purpose="notes", digest="d", at=now)
    session.add(request)
    merging.merge(session, two.id, into=one.id, by=ROSA, now=now)
    (row,) = [row for row in inbox.page(session, Filter(status=None)).rows if row.candidate.id == one.id]
    assert (row.mentions, row.requests) == (len(mentions), 1)
    assert (two.status, two.merged_into_id) == (CandidateStatus.MERGED, one.id)


def test_unmerging_gives_back_what_was_its_own_and_what_was_merged_into_it(session, now):
    one, two, three = (
        a_candidate(session, now, name, f"https://{name.lower()}.example/")
        for name in ("One", "Two", "Three")
    )
    of_one, of_two, of_three = (a_mention(session, each, now) for each in (one, two, three))
    merging.merge(session, three.id, into=two.id, by=ROSA, now=now)
    merging.merge(session, two.id, into=one.id, by=ROSA, now=now)
    merging.unmerge(session, two.id, by=ROSA, now=now)
    session.flush()
    for mention in (of_one, of_two, of_three):
        session.refresh(mention)
    assert [each.candidate_id for each in (of_one, of_two, of_three)] == [one.id, two.id, two.id]
    assert two.status is CandidateStatus.NEW


def test_a_candidate_cannot_be_merged_into_itself_or_into_a_dismissed_one(session, now):
    one, two = a_candidate(session, now), a_candidate(session, now, "Plumo", "https://plumo.example/")
    with pytest.raises(RuleBroken):
        merging.merge(session, one.id, into=one.id, by=ROSA, now=now)
    triage.dismiss(session, two.id, reason=DismissReason.SPAM, by=ROSA, now=now)
    with pytest.raises(RuleBroken):
        merging.merge(session, one.id, into=two.id, by=ROSA, now=now)


def test_only_a_merged_candidate_can_be_unmerged(session, now):
    with pytest.raises(RuleBroken):
        merging.unmerge(session, a_candidate(session, now).id, by=ROSA, now=now)


def test_a_watched_candidate_becomes_new_on_its_day_and_not_before(session, now):
    candidate = a_candidate(session, now)
    triage.watch(session, candidate.id, until=date(2026, 12, 1), by=ROSA, now=now)
    assert waking.wake_due_watches(session, date(2026, 11, 30), now) == []
    assert waking.wake_due_watches(session, date(2026, 12, 1), now + timedelta(days=28)) == [candidate]
    assert (candidate.status, candidate.watch_until) == (CandidateStatus.NEW, None)
    assert last_event(session).actor == "registry"


def test_a_candidate_is_watched_until_a_day_to_come(session, now):
    with pytest.raises(InvalidInput):
        triage.watch(session, a_candidate(session, now).id, until=now.date(), by=ROSA, now=now)


def test_a_reopened_candidate_forgets_why_it_was_closed(session, now):
    candidate = a_candidate(session, now)
    triage.dismiss(session, candidate.id, reason=DismissReason.OTHER, note="hm", by=ROSA, now=now)
    triage.reopen(session, candidate.id, by=ROSA, now=now)
    assert (candidate.status, candidate.reason, candidate.note, candidate.closed_at) == (
        CandidateStatus.NEW,
        "",
        "",
        None,
    )


def test_another_home_page_gives_another_strong_key(session, now):
    candidate = a_candidate(session, now)
    editing.edit(session, candidate.id, homepage="https://github.com/acme/plumeria", by=ROSA, now=now)
    assert candidate.identity == "github.com/acme/plumeria"


def test_a_home_page_of_another_candidate_is_refused(session, now):
    a_candidate(session, now)
    other = a_candidate(session, now, "Plumo", "https://plumo.example/")
    with pytest.raises(RuleBroken, match="Merge the two"):
        editing.edit(session, other.id, homepage="https://plumeria.example/", by=ROSA, now=now)


def test_an_address_that_is_proposed_already_gives_the_candidate_that_is_there(session, now):
    first = a_candidate(session, now)
    assert a_candidate(session, now, "Other name", "http://www.plumeria.example") == first


def test_an_address_of_a_tool_cannot_be_proposed_again(session, now):
    triage.accept(session, a_candidate(session, now).id, by=ROSA, now=now)
    with pytest.raises(RuleBroken, match="holds already"):
        a_candidate(session, now, "Plumeria again", "https://app.plumeria.example/")
