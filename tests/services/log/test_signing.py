"""Signed notes as others write and read them: https://c2sp.org/signed-note."""

import stat
from pathlib import Path

import pytest

from registry.domain.errors import InvalidInput
from registry.services.log import signing
from registry.settings import Settings

PETER = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW"
NOTE = (
    "If you think cryptography is the answer to your problem,\n"
    "then you don't know what your problem is.\n\n"
    "— PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n"
)
"""The example of the format's own documentation."""


def test_the_published_example_verifies_and_a_changed_one_does_not() -> None:
    peter = signing.verifier(PETER)
    assert str(peter) == PETER
    assert peter.signed(NOTE)
    assert not peter.signed(NOTE.replace("answer", "Answer"))
    assert not peter.signed(NOTE.replace("x08go/ZJ", "x08go/ZK"))
    assert not peter.signed(NOTE.replace("PeterNeumann", "Peter"))
    assert not peter.signed("If you think\n")
    assert peter.signed(NOTE + "— somebody x08go/ZJ\n")


def test_the_key_is_made_once_and_its_owners_alone(tmp_path: Path) -> None:
    settings = Settings(data_dir=tmp_path, base_url="https://tools.example.org/registry")
    first, again = signing.signer(settings), signing.signer(settings)
    assert str(first) == str(again)
    assert first.verifier.name == "tools.example.org/registry/log"
    assert stat.S_IMODE((tmp_path / "audit-key").stat().st_mode) == 0o600
    assert signing.verifier(str(first.verifier)).signed(first.sign("one line\n"))


@pytest.mark.parametrize(
    "told", ["", "x", "PRIVATE+KEY+a+00000000+AAAA", "PRIVATE+KEY+a+00000000+" + "A" * 44]
)
def test_what_is_no_key_is_refused_in_words(tmp_path: Path, told: str) -> None:
    (tmp_path / "audit-key").write_text(told)
    with pytest.raises(InvalidInput, match="from a backup"):
        signing.signer(Settings(data_dir=tmp_path))
    with pytest.raises(InvalidInput, match="/log/key"):
        signing.verifier(told)
