"""What a copy holds, and where an address lies in it."""

import pytest

from registry.web.copy.addresses import address_of, file_of, rule_of


@pytest.mark.parametrize(
    ("address", "page", "path"),
    [
        ("/", True, "index.html"),
        ("/tools/quillmark", True, "tools/quillmark.html"),
        ("/tools/quillmark/badge.svg", False, "tools/quillmark/badge.svg"),
        ("/tools?after=quillmark", True, "tools-after-quillmark.html"),
        ("/feeds/verdicts.atom?outcome=pilot", False, "feeds/verdicts-outcome-pilot.atom"),
        ("/tools/asp.net", True, "tools/asp.net.html"),
    ],
)
def test_an_address_lies_where_one_would_look_for_it(address: str, page: bool, path: str) -> None:
    assert file_of(address, page=page) == path


@pytest.mark.parametrize(
    "name", ["..", "%2e%2e", "a%2f..%2f..%2fb", ".hidden", "a%00b", "x" * 400, "%5c..%5cb"]
)
def test_no_name_leads_out_of_the_folder_or_is_too_long_for_a_file(name: str) -> None:
    path = file_of(address_of(f"/tools/{name}"), page=True)
    assert ".." not in path.split("/")
    assert all(part and not part.startswith(".") and len(part) < 250 for part in path.split("/"))


def test_values_that_look_alike_in_a_name_are_told_apart() -> None:
    names = {
        file_of(address_of(f"/tools?category={each}"), page=True) for each in ("A%26B", "A+B", "a-b", "A/B")
    }
    assert len(names) == 4


@pytest.mark.parametrize(
    "address",
    ["/login", "/request", "/api", "/verdicts?outcome=pilot", "/check?q=x", "/verdicts?sort=tool&after=3"],
)
def test_what_needs_the_registry_itself_is_not_held(address: str) -> None:
    assert rule_of(address, with_address=True) is None
