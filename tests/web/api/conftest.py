"""Programs with tokens, as the API's clients are."""

from collections.abc import Callable

import pytest
from sqlalchemy import Engine
from starlette.testclient import TestClient

from registry.services.people import api_tokens
from registry.services.people.acting import REGISTRY
from registry.settings import Settings
from registry.store.engine import transaction
from tests.web.conftest import HandClock

Program = Callable[..., TestClient]


@pytest.fixture
def program(
    browse: Callable[[], TestClient],
    site_engine: Engine,
    settings: Settings,
    cast: dict[str, int],
    clock: HandClock,
) -> Program:
    """A program with a token of somebody: `program("Rosa", "read", "triage")`."""

    def with_token(owner: str, *scopes: str) -> TestClient:
        with transaction(site_engine) as session:
            _token, value = api_tokens.create_token(
                session,
                cast[owner],
                name="test",
                scopes=scopes,
                days=30,
                secret=settings.secret,
                by=REGISTRY,
                now=clock.now,
            )
        client = browse()
        client.headers = {"Authorization": f"Bearer {value}"}  # type: ignore[assignment]
        return client

    return with_token
