import pytest

from registry.domain.evidence import evidence_fault, links


@pytest.mark.parametrize(
    "text",
    [
        "",
        "https://vendor.example/privacy",
        "See https://vendor.example/privacy (section 4), and http://intranet/technology.",
        "https://a.example/1\nhttps://b.example:8443/2?x=1#y",
        "“We may share your data with partners.” Terms, section 3",
        "> ftp://old.example is where they say the files are",
        "It answers over https and not over http.",
        "Said by their support on 3 May: exports are whole.",
        "https://[2001:db8::1]/report",
        "p. 4",
    ],
)
def test_links_and_quoted_paragraphs_are_evidence(text: str):
    assert evidence_fault(text) == ""


@pytest.mark.parametrize(
    "text",
    [
        "http://",
        "https:///privacy",
        "https://bad host.example/x y https://",
        "htp://vendor.example",
        "http:vendor.example",
        "javascript:alert(1)",
        "file:///etc/passwd",
        "ftp://vendor.example/terms.txt",
        "https://vendor.example:notaport/",
        "Read https://vendor.example first, then htps://vendor.example/terms",
        "fine words\nhttp:/vendor.example",
    ],
)
def test_what_claims_to_be_a_link_must_be_one(text: str):
    assert "is no web address" in evidence_fault(text)


@pytest.mark.parametrize("text", ["www.vendor.example/terms", "vendor.example", "trust.vendor.example/soc2"])
def test_a_site_alone_on_its_line_is_asked_for_its_whole_address(text: str):
    assert "https:// before it" in evidence_fault(text)


def test_every_link_is_found_in_its_order():
    assert links("First (https://a.example/1).\n“https://quoted.example”\nhttps://b.example") == [
        "https://a.example/1",
        "https://b.example",
    ]
