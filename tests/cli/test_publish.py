"""`registry publish`: where a copy may be said to lie."""

import pytest

from tests.cli.conftest import Terminal


@pytest.mark.parametrize(
    "at",
    [
        'http://127.0.0.1:9/y"><script>',
        "http://office.example/a b",
        "http://office.example/a\n",
        "http://office.example/?q=1",
        "http://office.example/#a",
        "http://ada:word@office.example/",
        "http:///a",
        "ftp://office.example",
        "javascript:alert(1)",
        "office.example",
    ],
)
def test_a_copy_lies_at_a_plain_web_address_or_nothing_is_written(run: Terminal, at: str) -> None:
    refused = run("publish", "site", "--at", at)
    assert (refused.returncode, "Write the whole address (--at)" in refused.stderr) == (1, True)
    assert not (run.folder / "site").exists()
