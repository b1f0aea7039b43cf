"""What a password must be, and that an unknown account costs the same work as a known one."""

from datetime import datetime
from hashlib import sha1
from pathlib import Path

import pytest
from sqlmodel import Session

from registry.services.people import accounts, passwords
from registry.services.people.acting import REGISTRY
from registry.services.people.passwords import is_breached, password_faults

WORDS = ("rosa.marino@field-office.example", "Rosa Marino", "Harbour registry")


@pytest.mark.parametrize(
    "password",
    [
        "short words",
        "x" * 201,
        "password1234",
        "qwertyuiop12",
        "123456789012",
        "iloveyou1234",
        "aaaaaaaaaaaaaaaa",
        "Password2026!",
        "Rosa.Marino2026",
        "harbour-registry-1",
        "rosamarinofieldoffice",
    ],
)
def test_what_somebody_would_try_first_is_refused(password: str) -> None:
    assert set(password_faults(password, WORDS)) == {"password"}


@pytest.mark.parametrize(
    "password",
    [
        "a quiet brown river",
        "wortlos mild kanne",
        "J8#kk2!vQz0w",
        "глубокая тихая вода",
        "x y " * 3 + "ö" * 2 + "river stone moss " * 9,
    ],
)
def test_length_counts_and_no_kind_of_sign_is_asked_for(password: str) -> None:
    assert password_faults(password, WORDS) == {}


@pytest.mark.parametrize("email", ["rosa@example.org", "nobody@example.org", "away@example.org"])
def test_a_hash_is_worked_out_whoever_is_asked_about(
    session: Session, now: datetime, email: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    accounts.add_user(
        session,
        email="rosa@example.org",
        roles=["employee"],
        password="a quiet brown river",
        by=REGISTRY,
        now=now,
    )
    away = accounts.add_user(session, email="away@example.org", roles=["employee"], by=REGISTRY, now=now)
    accounts.disable(session, away.id, by=REGISTRY, now=now)
    real, worked = passwords._hasher(), []

    class Counting:
        def verify(self, password: str, kept: str) -> bool:
            worked.append(kept.split("$")[1:4])
            return real.verify(password, kept)

        hash = staticmethod(real.hash)

    passwords._nobodys_hash.cache_clear()
    monkeypatch.setattr(passwords, "_hasher", lambda: Counting())
    assert passwords.authenticate(session, email, "a wrong brown river") is None
    assert worked == [real.hash("x").split("$")[1:4]], "one hash, of the same cost"


@pytest.mark.parametrize("end", ["\n", "\r\n"])
@pytest.mark.parametrize("count", [0, 1, 2, 3, 500])
def test_a_stolen_password_is_found_wherever_it_stands_in_the_list_and_no_other(
    tmp_path: Path, count: int, end: str
) -> None:
    path, known = tmp_path / "stolen", [f"a stolen river {n}" for n in range(count)]
    hashes = sorted(sha1(each.encode()).hexdigest().upper() for each in known)
    path.write_bytes("".join(f"{each}:{n * n}{end}" for n, each in enumerate(hashes)).encode())
    assert all(is_breached(each, path) for each in known)
    assert not any(is_breached(f"another river {n}", path) for n in range(500))
    told = password_faults("a stolen river 0", WORDS, path)
    assert ("was stolen" in told.get("password", "")) == (count > 0)
