"""The public cases of feedparser hold wherever they speak of a field that an entry keeps."""

import random

import pytest
from feedparser_cases import ARCHIVE, Case, applies, cases, fault

from scrapers.catalogue import parse_feed
from scrapers.errors import ParseError

pytestmark = pytest.mark.skipif(not ARCHIVE.exists(), reason="the corpus is not beside this checkout")

REFUSED = {
    "illformed/rss_empty_document.xml": "not_a_feed",
    "illformed/aaa_illformed.xml": "unreadable_feed",
    "encoding/bozo_invalid-bytes-with-bom.xml": "unreadable_feed",
    "wellformed/rdf/doctype_contains_entity_decl.xml": "entity_refused",
    "wellformed/rss/entity_in_doctype.xml": "entity_refused",
}
"""Three are nothing but broken, which is all that is expected of them; two declare entities, an attack on readers."""

BETTER = {
    "encoding/bozo_http_i18n.xml": "the document is sound; only a word in the reply's header is not",
    "encoding/bozo_http_text_plain.xml": "the document is sound; only a word in the reply's header is not",
    "encoding/bozo_http_text_plain_charset.xml": "the document is sound; only a word in the reply's header is not",
    "encoding/bozo_linenoise.xml": "a control character that stands for nothing is left out of a text",
    "wellformed/base/http_entry_id_base_content_location.xml": "an id is kept as written: RFC 4287 4.2.6.1",
    "wellformed/base/http_entry_id_base_docuri.xml": "an id is kept as written: RFC 4287 4.2.6.1",
    "wellformed/rss/item_author_map_author_detail_email2.xml": "a person's name is enough: no mail address",
    "wellformed/rss/item_description_not_a_doctype.xml": "a browser shows nothing of it either",
    "wellformed/rss/item_description_not_a_doctype2.xml": "a browser shows nothing of it either",
    "wellformed/sanitize/item_content_encoded_script_nested_cdata.xml": "the bracket that a browser shows",
    "wellformed/sanitize/xml_declaration_unexpected_character.xml": "a browser shows nothing of it either",
    "wellformed/sanitize/xml_malicious_comment.xml": "a comment that never ends hides the rest, as in a browser",
}
"""Where our answer is another one, and why it is the better one."""


def faults(case: Case) -> list[str]:
    """Every claim of the case about a field that we keep which does not hold."""
    try:
        parsed = parse_feed(case.body, url=case.url, headers=case.headers)
    except ParseError as error:
        return [] if REFUSED.get(case.name) == error.code else [error.code]
    return [words for claim in case.claims if (words := fault(claim, parsed, case))]


def some(whole: bool) -> list[Case]:
    every = list(cases())
    return every if whole else random.Random(7).sample(every, 400)


@pytest.fixture(scope="module")
def read(request: pytest.FixtureRequest) -> list[Case]:
    return some(request.config.getoption("--whole"))


def test_every_claim_about_a_field_we_keep_holds_or_has_a_better_answer(read):
    broken = {case.name: found for case in read if case.name not in BETTER and (found := faults(case))}
    assert broken == {}


def test_no_better_answer_is_claimed_where_the_case_holds_anyway():
    held = [case.name for case in cases() if case.name in BETTER and not faults(case)]
    assert held == []


def test_the_claims_are_read_and_not_passed_over(read):
    """Nearly every case makes a claim, and half of them one about a field that we keep beside soundness."""
    spoken = silent = 0
    for case in read:
        silent += not case.claims
        if case.name not in REFUSED:
            parsed = parse_feed(case.body, url=case.url, headers=case.headers)
            spoken += any(claim.path != ("bozo",) and applies(claim, parsed, case) for claim in case.claims)
    assert spoken > len(read) * 0.5
    assert silent < len(read) * 0.03
