"""What an entry proposes, by the sort of source that speaks."""

import pytest

from registry.domain.proposal import Announcer, EntryKind, Proposal, agrees, propose
from registry.domain.version_name import split_version


def read(
    announcer: Announcer, title: str, link: str = "https://plumbline.example/blog/x", key: str = ""
) -> Proposal:
    return propose(title=title, link=link, identity_key=key, announcer=announcer)


def launched(title: str, slug: str = "") -> Proposal:
    key = f"launches.example/posts/{slug}" if slug else ""
    return read(Announcer.LAUNCH_FEED, title, f"https://launches.example/posts/{slug}", key)


@pytest.mark.parametrize(
    ("title", "name", "tagline"),
    [
        ("Plumbline - Feature flags", "Plumbline", "Feature flags"),
        ("Plumbline - Flow - Feature flags", "Plumbline - Flow", "Feature flags"),
        ("Plumbline – Feature flags", "Plumbline", "Feature flags"),
        ("Plumbline — Feature flags", "Plumbline", "Feature flags"),
        ("Plumbline | Feature flags", "Plumbline", "Feature flags"),
        ("Plumbline: Feature flags", "Plumbline", "Feature flags"),
        ("Plumb-line: Go - Feature flags", "Plumb-line: Go", "Feature flags"),
        ("Plumbline", "Plumbline", ""),
    ],
)
def test_a_launch_is_a_name_before_the_last_separator(title, name, tagline):
    proposal = launched(title)
    assert (proposal.kind, proposal.name, proposal.tagline) == (EntryKind.TOOL, name, tagline)


def test_a_launch_slug_says_which_separator_is_meant():
    assert launched("Plumbline - Flags - for small teams", "plumbline-2").name == "Plumbline"
    assert launched("Plumbline - Flags - for small teams").name == "Plumbline - Flags"


def test_name_and_link_that_agree_are_sure():
    assert launched("Plumbline - Feature flags", "plumbline").sure
    assert not launched("Plumbline - Feature flags", "heron").sure
    assert not launched("Plumbline - Feature flags").sure


def test_a_launch_page_is_not_the_home_page():
    assert launched("Plumbline - Feature flags", "plumbline").homepage == ""
    own = read(Announcer.LAUNCH_FEED, "Plumbline - Flags", "https://plumbline.example/", "plumbline.example")
    assert own.homepage == "https://plumbline.example/"


@pytest.mark.parametrize(
    ("title", "name"),
    [
        ("Show HN: Plumbline – feature flags for small teams", "Plumbline"),
        ("Show HN: Plumbline - feature flags", "Plumbline"),
        ("Show HN: Plumbline: feature flags", "Plumbline"),
        ("Show HN: Plumbline, feature flags for - among others - teams", "Plumbline"),
        ("Show HN: Plumbline", "Plumbline"),
        ("Launch HN: Plumbline (YC S24) – feature flags", "Plumbline"),
    ],
)
def test_what_a_maker_shows_has_a_short_name_in_front(title, name):
    proposal = read(Announcer.DISCUSSION, title, "https://plumbline.example/", "plumbline.example")
    assert (proposal.kind, proposal.name, proposal.sure) == (EntryKind.TOOL, name, True)
    assert proposal.homepage == "https://plumbline.example/"


@pytest.mark.parametrize(
    "title", ["A faster grep", "I built a flag service", "The only flag service", "My weekend"]
)
def test_a_sentence_is_no_name_so_the_link_gives_one_for_a_person_to_check(title):
    proposal = read(
        Announcer.DISCUSSION, f"Show HN: {title}", "https://plumbline.example/", "plumbline.example"
    )
    assert (proposal.name, proposal.method, proposal.sure) == ("plumbline", "link", False)


def test_what_is_shown_on_the_news_site_itself_has_no_home_page():
    proposal = read(Announcer.DISCUSSION, "Show HN: Plumbline – flags", "https://news.example/item?id=1", "")
    assert (proposal.name, proposal.homepage) == ("Plumbline", "")


def test_a_discussed_repository_is_a_tool_and_a_discussed_article_is_news():
    repository = read(
        Announcer.DISCUSSION,
        "Flags done right",
        "https://github.com/Acme/Plumbline",
        "github.com/acme/plumbline",
    )
    assert (repository.kind, repository.name, repository.sure) == (EntryKind.TOOL, "Plumbline", True)
    assert read(Announcer.DISCUSSION, "Why I left the cloud").kind is EntryKind.NEWS
    assert read(Announcer.DISCUSSION, "Ask HN: What do you use?").kind is EntryKind.NEWS


@pytest.mark.parametrize("title", ["v2.1.0", "2.1.0", "Plumbline 2.1.0", "The autumn one 2.1.0"])
def test_a_release_is_named_by_its_repository_and_never_by_its_title(title):
    link = "https://github.com/Acme/Plumbline/releases/tag/v2.1.0"
    proposal = read(Announcer.RELEASES, title, link, "github.com/acme/plumbline")
    assert (proposal.kind, proposal.name, proposal.version) == (EntryKind.VERSION, "Plumbline", "2.1.0")
    assert proposal.homepage == "https://github.com/Acme/Plumbline"
    assert proposal.sure


def test_a_package_index_names_its_packages():
    link, key = "https://index.example/project/plumb-line/", "pkg:pypi/plumb-line"
    added = read(Announcer.PACKAGE_INDEX, "plumb-line added to the index", link, key)
    assert (added.kind, added.name, added.sure) == (EntryKind.TOOL, "plumb-line", True)
    newer = read(Announcer.PACKAGE_INDEX, "plumb-line 1.2.3", link, key)
    assert (newer.kind, newer.name, newer.version) == (EntryKind.VERSION, "plumb-line", "1.2.3")


@pytest.mark.parametrize(
    ("title", "name", "tagline"),
    [
        ("Introducing Plumbline", "Plumbline", ""),
        ("Introducing Plumbline Flow: a better way", "Plumbline Flow", "a better way"),
        ("Announcing the Plumbline API for everybody", "Plumbline API", "for everybody"),
        ("Meet Plumbline, your new assistant", "Plumbline", "your new assistant"),
        ("Plumbline Flow is now generally available", "Plumbline Flow", "is now generally available"),
        ("We're excited to introduce Plumbline", "Plumbline", ""),
    ],
)
def test_a_vendor_introduces_a_tool(title, name, tagline):
    proposal = read(Announcer.VENDOR_BLOG, title)
    assert (proposal.kind, proposal.name) == (EntryKind.TOOL, name)
    assert proposal.tagline in (tagline, "")


@pytest.mark.parametrize(
    ("title", "name", "version"),
    [
        ("Plumbline 2.0 is now available", "Plumbline", "2.0"),
        ("Announcing Plumbline v3.1", "Plumbline", "3.1"),
        ("Introducing Plumbline 4.5: faster", "Plumbline", "4.5"),
        ("Plumbline 2.0 released", "Plumbline", "2.0"),
    ],
)
def test_a_vendor_announces_a_version(title, name, version):
    proposal = read(Announcer.VENDOR_BLOG, title)
    assert (proposal.kind, proposal.name, proposal.version) == (EntryKind.VERSION, name, version)


def test_a_vendors_article_is_not_the_home_page_and_its_headline_alone_is_not_sure():
    proposal = read(Announcer.VENDOR_BLOG, "Introducing Plumbline", "https://heron.example/blog/x")
    assert (proposal.homepage, proposal.sure) == ("", False)


def test_a_vendor_whose_domain_is_the_name_of_its_tool_is_sure_of_it():
    assert read(Announcer.VENDOR_BLOG, "Introducing Plumbline", "https://plumbline.example/blog/x").sure


@pytest.mark.parametrize(
    "title",
    [
        "How we cut our bill in half",
        "Introducing our new office",
        "Announcing the Heron Fellowship",
        "Introducing faster builds",
        "Meet us in Lisbon",
        "Heron raises 12 million",
    ],
)
def test_other_headlines_of_a_vendor_are_news(title):
    assert read(Announcer.VENDOR_BLOG, title).kind is EntryKind.NEWS


@pytest.mark.parametrize(
    "title",
    [
        "10 best note-taking apps",
        "The 7 Best Tools for Small Teams",
        "Top 5 open source alternatives",
        "Best project management software of 2026",
        "This week in flags 41",
        "The Weekly Digest: flags",
        "Plumb news: issue #12",
        "Links for Thursday",
    ],
)
@pytest.mark.parametrize("announcer", [Announcer.NEWS, Announcer.VENDOR_BLOG, Announcer.DISCUSSION])
def test_a_list_carries_no_tool(announcer, title):
    proposal = read(announcer, title, "https://plumbline.example/", "plumbline.example")
    assert (proposal.kind, proposal.name) == (EntryKind.DIGEST, "")


def test_an_exploited_vulnerability_names_vendor_and_product():
    proposal = read(Announcer.ADVISORIES, "Acme Plumbline - CVE-2026-10001: SQL injection")
    assert (proposal.kind, proposal.name, proposal.tagline) == (
        EntryKind.RISK,
        "Acme Plumbline",
        "SQL injection",
    )
    assert proposal.sure


def test_an_advisory_in_any_other_form_is_a_risk_without_a_name():
    assert read(Announcer.ADVISORIES, "Several flaws in industrial gear").kind is EntryKind.RISK
    assert read(Announcer.NEWS, "CVE-2026-10001 is being exploited").kind is EntryKind.RISK


def test_another_registry_lists_a_tool():
    listed = read(
        Announcer.OTHER_REGISTRY,
        "Plumbline: approved with conditions",
        "https://other.example/tools/plumbline",
    )
    assert (listed.kind, listed.name) == (EntryKind.TOOL, "Plumbline")


@pytest.mark.parametrize("announcer", list(Announcer))
@pytest.mark.parametrize(
    "title", ["", " - ", ":", "—", "Show HN:", "Introducing", "x" * 5_000, "Show HN: " + "y " * 900]
)
def test_any_title_gets_an_answer_with_a_reason(announcer, title):
    proposal = read(announcer, title, "", "")
    assert proposal.reasons
    assert len(proposal.name) <= 120
    assert proposal.name or proposal.kind not in (EntryKind.TOOL, EntryKind.VERSION)


def test_reading_twice_gives_the_same():
    assert launched("Plumbline - Flags", "plumbline") == launched("Plumbline - Flags", "plumbline")


@pytest.mark.parametrize(
    ("name", "key"),
    [
        ("Plumb Line", "github.com/acme/plumb-line"),
        ("Plumbline", "pkg:npm/%40acme/plumbline"),
        ("Plumbline", "getplumbline.example"),
        ("Plumbline", "plumblinehq.example"),
        ("Plumbline AI", "plumbline.ai"),
        ("Plumbline", "launches.example/posts/plumbline-617a86cc-70f2-41c2-928a-533bd95b5ac7"),
    ],
)
def test_spellings_of_one_name_agree(name, key):
    assert agrees(name, key)


@pytest.mark.parametrize(
    ("name", "key"), [("Plumb", "plumbline.example"), ("App", "heron.example"), ("", "a.example")]
)
def test_different_names_do_not_agree(name, key):
    assert not agrees(name, key)


@pytest.mark.parametrize(
    ("title", "parts"),
    [
        ("Plumbline 2.0", ("Plumbline", "2.0")),
        ("Plumbline v2", ("Plumbline", "2")),
        ("Plumbline version 12", ("Plumbline", "12")),
        ("Plumbline 2.0.0-rc.1", ("Plumbline", "2.0.0-rc.1")),
        ("Plumbline 365", ("Plumbline 365", "")),
        ("Model 1.5B", ("Model 1.5B", "")),
        ("2.0", ("2.0", "")),
    ],
)
def test_a_version_is_told_apart_from_the_name(title, parts):
    assert split_version(title) == parts
