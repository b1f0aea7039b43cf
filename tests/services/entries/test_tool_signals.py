"""What announcements mean for tools in use: which tool they speak of, and what they say of it."""

from datetime import datetime

import pytest
from sqlmodel import Session, select

from registry.domain.proposal import Announcer, Signal
from registry.services.answers.matching import match
from registry.services.candidates import merging, triage
from registry.services.entries import intake
from registry.services.people.acting import Actor
from registry.store.columns import id_of
from registry.store.tables import AliasKind, Candidate, Entry, Event, Source, Tool
from scrapers.entry import Draft, entries_of
from tests.builders import a_tool

ROSA = Actor(None, "Rosa")
NVD = "https://flaws.example/CVE-2026-10001"


def a_source(session, now, announcer, url="https://feeds.example/feed", kind="feed") -> Source:
    source = Source(name=url, url=url, announcer=announcer, kind=kind, created_at=now, due_at=now)
    session.add(source)
    session.flush()
    return source


def tell(session, source, now, *drafts: Draft):
    brought = intake.record_entries(session, source, entries_of(drafts), first=False, now=now)
    session.flush()
    return brought


def told(session) -> list[Event]:
    session.flush()
    return list(session.exec(select(Event).where(Event.action == "tool.mentioned").order_by(Event.id)))


def candidates(session) -> list[str]:
    session.flush()
    return [each.name for each in session.exec(select(Candidate).order_by(Candidate.id))]


def exploited(vendor: str, product: str, number: str = "CVE-2026-10001") -> Draft:
    name = product if product.casefold().startswith(vendor.casefold()) else f"{vendor} {product}"
    return Draft(
        id=number,
        title=f"{name} - {number}: {name} Remote Code Execution Vulnerability",
        link=NVD,
        tags=(number, f"vendor:{vendor}", f"product:{product}"),
    )


@pytest.fixture
def catalogue(session: Session, now: datetime) -> Source:
    return a_source(session, now, Announcer.ADVISORIES, kind="known_exploited")


@pytest.fixture
def plumbline(session: Session, now: datetime) -> Tool:
    aliases = {"plumbline.example": AliasKind.DOMAIN}
    return a_tool(session, "Plumbline", now=now, vendor="Acme", aliases=aliases)


@pytest.mark.both_databases
@pytest.mark.parametrize(
    ("vendor", "product"), [("Acme", "Plumbline"), ("Acme, Inc.", "Plumbline"), ("ACME", "Plumbline (PL)")]
)
def test_an_exploited_flaw_tells_the_tool_of_that_vendor_and_name(
    session, now, catalogue, plumbline, vendor, product
):
    assert tell(session, catalogue, now, exploited(vendor, product)).tool_events == 1
    (event,) = told(session)
    assert (event.subject_id, event.after["signal"]) == (plumbline.id, Signal.EXPLOITED)
    assert session.exec(select(Entry)).one().signal == Signal.EXPLOITED


def test_the_same_name_of_another_vendor_is_another_product(session, now, catalogue, plumbline):
    assert tell(session, catalogue, now, exploited("Heron", "Plumbline")).tool_events == 0


def test_a_product_of_the_vendor_that_is_called_otherwise_is_another_product(
    session, now, catalogue, plumbline
):
    found = [exploited("Acme", "Plumbline Server", "CVE-2026-10002"), exploited("Acme", "Multiple Products")]
    assert tell(session, catalogue, now, *found).tool_events == 0


def test_a_tool_without_a_vendor_is_believed_by_its_home_or_its_full_name(session, now, catalogue):
    writer = a_tool(session, "Writer", now=now)
    writer.homepage = "https://www.acme.example/writer"
    a_tool(session, "Acme Drawing", now=now)
    a_tool(session, "Ledger", now=now)
    found = [
        exploited("Acme", "Writer", "CVE-2026-10001"),
        exploited("Acme", "Drawing", "CVE-2026-10002"),
        exploited("Acme", "Ledger", "CVE-2026-10003"),
    ]
    tell(session, catalogue, now, *found)
    assert {event.after["title"].split(" - ")[0] for event in told(session)} == {
        "Acme Writer",
        "Acme Drawing",
    }


def test_nothing_is_known_by_a_common_word_alone(session, now):
    a_tool(session, "Windows", now=now)
    risks = a_source(session, now, Announcer.ADVISORIES)
    warning = Draft(id="1", title="Windows - CVE-2026-10001: flaw", link=NVD)
    assert tell(session, risks, now, warning).tool_events == 0


def test_a_makers_headline_that_names_its_tool_is_a_mention_of_it(session, now, plumbline):
    blog = a_source(session, now, Announcer.VENDOR_BLOG, "https://acme.example/feed")
    links = {
        "How offices use Plumbline": "https://acme.example/blog/1",
        "How we cut our bill": "https://acme.example/blog/2",
        "How others use Plumbline": "https://elsewhere.example/blog/3",
    }
    tell(session, blog, now, *(Draft(id=link, title=title, link=link) for title, link in links.items()))
    assert [event.after["title"] for event in told(session)] == ["How offices use Plumbline"]


def test_of_two_tools_the_headline_means_the_one_with_the_longer_name(session, now, plumbline):
    flow = a_tool(session, "Plumbline Flow", now=now, vendor="Acme")
    blog = a_source(session, now, Announcer.VENDOR_BLOG, "https://acme.example/feed")
    tell(session, blog, now, Draft(title="Plumbline Flow for beginners", link="https://acme.example/b/1"))
    assert [event.subject_id for event in told(session)] == [flow.id]


def test_a_maker_that_announces_another_tool_proposes_a_candidate(session, now, plumbline):
    blog = a_source(session, now, Announcer.VENDOR_BLOG, "https://plumbline.example/feed")
    tell(
        session,
        blog,
        now,
        Draft(id="1", title="Introducing Heron", link="https://plumbline.example/blog/heron"),
        Draft(
            id="2", title="Introducing Plumbline for Schools", link="https://plumbline.example/blog/schools"
        ),
    )
    assert sorted(candidates(session)) == ["Heron", "Plumbline for Schools"]
    assert [event.after["title"] for event in told(session)] == ["Introducing Plumbline for Schools"]


@pytest.mark.parametrize(
    ("title", "signal"),
    [
        ("Plumbline 3.0 is now available", Signal.RELEASE),
        ("Plumbline reaches end of life in March", Signal.END_OF_LIFE),
        ("We are sunsetting Plumbline", Signal.END_OF_LIFE),
        ("Plumbline is shutting down", Signal.END_OF_LIFE),
        ("Changes to our terms of service", Signal.TERMS),
        ("Our updated privacy policy", Signal.TERMS),
        ("Plumbline moves to a new licence", Signal.TERMS),
        ("Changes to Plumbline pricing", Signal.TERMS),
        ("Plumbline and the sunset over Lisbon", Signal.NONE),
        ("How Plumbline prices stars", Signal.NONE),
    ],
)
def test_what_a_maker_says_of_its_tool_is_told_by_a_word(session, now, plumbline, title, signal):
    blog = a_source(session, now, Announcer.VENDOR_BLOG, "https://plumbline.example/feed")
    tell(session, blog, now, Draft(title=title, link="https://plumbline.example/blog/x"))
    assert [(event.subject_id, event.after["signal"]) for event in told(session)] == [(plumbline.id, signal)]


def test_the_end_of_another_product_is_not_the_end_of_the_tool_on_whose_site_it_stands(
    session, now, plumbline
):
    blog = a_source(session, now, Announcer.VENDOR_BLOG, "https://plumbline.example/feed")
    tell(session, blog, now, Draft(title="Sunsetting Heron", link="https://plumbline.example/blog/heron"))
    assert told(session) == []


# Releases and repositories


def release(version: str, repository: str = "acme/plumbline", number: int = 12345) -> Draft:
    return Draft(
        id=f"tag:github.com,2008:Repository/{number}/v{version}",
        title=f"v{version}",
        link=f"https://github.com/{repository}/releases/tag/v{version}",
    )


@pytest.fixture
def releases(session: Session, now: datetime) -> Source:
    return a_source(session, now, Announcer.RELEASES, "https://github.com/acme/plumbline/releases.atom")


def test_a_release_is_a_new_main_version_when_its_first_number_was_not_seen_before(session, now, releases):
    tool = a_tool(session, "P", now=now, aliases={"github.com/acme/plumbline": AliasKind.PATH})
    for version in ("1.9", "2.0", "2.1", "1.9.1"):
        tell(session, releases, now, release(version))
    assert [(event.after["version"], event.after["major"]) for event in told(session)] == [
        ("1.9", False),
        ("2.0", True),
        ("2.1", False),
        ("1.9.1", False),
    ]
    assert {event.subject_id for event in told(session)} == {tool.id}


@pytest.mark.both_databases
def test_a_renamed_repository_is_the_same_candidate(session, now, releases):
    tell(session, releases, now, release("1.0"))
    brought = tell(session, releases, now, release("1.1", "acme/heron"))
    assert (brought.candidates, brought.mentions) == (0, 1)
    assert candidates(session) == ["plumbline"]


def test_a_renamed_repository_is_the_same_tool_and_its_new_address_is_learnt(session, now, releases):
    tool = a_tool(session, "P", now=now, aliases={"github.com/acme/plumbline": AliasKind.PATH})
    tell(session, releases, now, release("1.0"))
    tell(session, releases, now, release("1.1", "acme/heron"))
    talk = a_source(session, now, Announcer.DISCUSSION, "https://talk.example/feed")
    tell(session, talk, now, Draft(title="Show HN: Heron", link="https://github.com/acme/heron"))
    assert [event.subject_id for event in told(session)] == [tool.id] * 3
    assert [event.after.get("known_as") for event in told(session)] == [
        ["github.com/repositories/12345"],
        ["github.com/acme/heron"],
        None,
    ]
    assert candidates(session) == []


@pytest.mark.parametrize(
    ("name", "address", "why"),
    [
        ("Q", "github.com/acme/heron", "“github.com/acme/heron” belongs to “Q” already."),
        ("Q", "github.com/acme", "“github.com/acme/heron” means “Q” for certain already."),
        (
            "github.com/acme/heron",
            "q.example",
            "“github.com/acme/heron” means “github.com/acme/heron” for cert",
        ),
    ],
)
def test_a_new_address_that_leads_to_another_tool_is_left_out_and_told(
    session, now, releases, name, address, why
):
    kind = AliasKind.PATH if "/" in address else AliasKind.DOMAIN
    tool = a_tool(session, "P", now=now, aliases={"github.com/plum/plumbline": AliasKind.PATH})
    other = a_tool(session, name, now=now, aliases={address: kind})
    tell(session, releases, now, release("1.0", "plum/plumbline"))
    tell(session, releases, now, release("1.1", "acme/heron"))
    before, event = told(session)
    assert "left_out" not in before.after
    assert (event.subject_id, event.after["left_out"]["address"]) == (tool.id, "github.com/acme/heron")
    assert event.after["left_out"]["why"].startswith(why)
    assert "known_as" not in event.after
    assert match(session, "github.com/acme/heron").tool.id == other.id


def test_a_candidate_that_was_let_in_is_known_by_its_number_too(session, now, releases):
    tell(session, releases, now, release("1.0"))
    tool = triage.accept(session, id_of(session.exec(select(Candidate)).one()), by=ROSA, now=now)
    tell(session, releases, now, release("2.0", "acme/heron"))
    tell(session, releases, now, release("3.0", "acme/egret"))
    assert [event.subject_id for event in told(session)] == [tool.id, tool.id]


def test_a_number_is_believed_only_in_a_feed_of_the_code_host(session, now, releases):
    tell(session, releases, now, release("1.0"))
    anybody = a_source(session, now, Announcer.RELEASES, "https://anybody.example/releases.atom")
    tell(session, anybody, now, release("9.9", "mallory/plumbline"))
    assert candidates(session) == ["plumbline", "plumbline"]


def test_a_merge_by_hand_takes_the_renamed_repository_along_and_can_be_undone(session, now, releases):
    tell(session, releases, now, release("1.0"))
    talk = a_source(session, now, Announcer.DISCUSSION, "https://talk.example/feed")
    tell(session, talk, now, Draft(title="Show HN: Plumbline - flags", link="https://plumbline.example/"))
    repository, site = session.exec(select(Candidate).order_by(Candidate.id)).all()
    merging.merge(session, id_of(repository), into=id_of(site), by=ROSA, now=now)
    tell(session, releases, now, release("1.1", "acme/heron"))
    undone = merging.unmerge(session, id_of(repository), by=ROSA, now=now)
    tell(session, releases, now, release("1.2", "acme/heron"))
    session.expire_all()
    assert (undone.id, candidates(session)) == (repository.id, ["plumbline", "Plumbline"])
    mentioned = session.exec(
        select(Entry.title)
        .join_from(Entry, intake.tables.Mention)
        .where(intake.tables.Mention.candidate_id == repository.id)
    ).all()
    assert sorted(mentioned) == ["v1.0", "v1.1", "v1.2"]


# One site, many things


def test_two_products_on_one_persons_site_are_two_candidates(session, now):
    talk = a_source(session, now, Announcer.DISCUSSION, "https://talk.example/feed")
    tell(
        session,
        talk,
        now,
        Draft(id="1", title="Show HN: Cobble – a word game", link="https://wilf.example/cobble/"),
        Draft(id="2", title="Show HN: Pebble – a chess game", link="https://wilf.example/pebble/"),
        Draft(id="3", title="Show HN: Gravel – a card game", link="https://gravel.wilf.example/"),
    )
    assert sorted(candidates(session)) == ["Cobble", "Gravel", "Pebble"]


def test_another_registry_is_known_by_the_home_pages_that_it_links_to(session, now):
    county = a_source(session, now, Announcer.OTHER_REGISTRY, "https://county.example/verdicts.atom")
    talk = a_source(session, now, Announcer.DISCUSSION, "https://talk.example/feed")
    tell(
        session,
        county,
        now,
        Draft(
            id="1",
            title="Moothall: Approved",
            link="https://county.example/verdicts/1",
            related="https://moothall.example/",
        ),
        Draft(id="2", title="Heron: Rejected", link="https://county.example/verdicts/2"),
    )
    tell(session, talk, now, Draft(title="Show HN: Moothall", link="https://moothall.example/"))
    found = session.exec(select(Candidate).order_by(Candidate.name)).all()
    assert [(each.name, each.identity) for each in found] == [
        ("Heron", None),
        ("Moothall", "moothall.example"),
    ]


def test_the_queries_of_proposing_do_not_grow_with_the_entries(session, now, count_queries):
    def launches(first: int, count: int) -> list[Draft]:
        return [
            Draft(id=str(number), title=f"Sample{number} - does it", link=f"https://sample{number}.example/")
            for number in range(first, first + count)
        ]

    source = a_source(session, now, Announcer.LAUNCH_FEED)
    tell(session, source, now, *launches(0, 3))
    with count_queries(session) as few:
        tell(session, source, now, *launches(100, 2))
    with count_queries(session) as many:
        tell(session, source, now, *launches(200, 45))
    one_by_one = ("INSERT INTO entry ", "INSERT INTO candidate ")  # as SQLite gives their numbers
    assert len(many) - len(few) <= 2 * 43
    assert [each[:40] for each in many if not each.startswith(one_by_one)] == [
        each[:40] for each in few if not each.startswith(one_by_one)
    ]
