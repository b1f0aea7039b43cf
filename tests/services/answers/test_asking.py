"""What a query may mean: what hides where it leads is no certain match."""

import pytest

from registry.services.answers.asking import read_query
from registry.store.tables import AliasKind


def keys(query: str, kind: AliasKind) -> list[str]:
    return [key for found, key in read_query(query).keys if found is kind]


@pytest.mark.parametrize(
    "query",
    [
        "pkg:pypi/quillmark",
        "pkg:pypi/Quillmark@2.1",
        "pkg:pypi/quillmark@2.1?arch=x86_64&os=linux&file_name=quillmark.whl#sub",
        "pkg:pypi/quillmark?repository_url=",
    ],
)
def test_a_version_and_the_choice_of_a_file_are_set_aside(query: str) -> None:
    assert keys(query, AliasKind.PURL) == ["pkg:pypi/quillmark"]


@pytest.mark.parametrize(
    "query",
    [
        "pkg:pypi/quillmark?repository_url=https://evil.example/simple",
        "pkg:pypi/quillmark@1?arch=x86&vcs_url=git://evil.example/x",
        "pkg:pypi/quillmark?download_url=https://evil.example/x.whl",
        "pkg:pypi/quillmark?REPOSITORY_URL=https://evil.example",
        "pkg:pypi/quillmark?repository_url=https://evil.example&repository_url=",
        "pkg:pypi/quillmark?anything=else",
        "pkg:pypi/quillmark @evil",
        "pkg:pypi/quillmark%20@evil",
    ],
)
def test_a_package_url_that_names_another_place_is_not_the_package(query: str) -> None:
    asked = read_query(query)
    assert (AliasKind.PURL, "pkg:pypi/quillmark") not in asked.keys
    assert asked.words.split()[0] == "quillmark", "the tool may still be a suggestion"


def test_a_package_of_another_place_is_known_by_just_that_place() -> None:
    own = "pkg:pypi/quillmark@{}?repository_url=https://Packages.example/A&arch=x86"
    assert keys(own.format(1), AliasKind.PURL) == keys(own.format(2), AliasKind.PURL)
    assert keys(own.format(1), AliasKind.PURL) != keys(own.format(1).lower(), AliasKind.PURL)


@pytest.mark.parametrize("hidden", ["..%2f", "..%2F", "%2e%2e/", "..%5c", "..%252f", "%2e%2e%2f"])
def test_a_path_with_hidden_dots_or_slashes_is_no_certain_path(hidden: str) -> None:
    query = f"https://docs.example.com/document/{hidden}sheets/x"
    assert keys(query, AliasKind.PATH) == []
    assert "docs.example.com" in keys(query, AliasKind.DOMAIN)
    assert keys(f"https://github.com/acme/{hidden}other/quill", AliasKind.PATH) == []
