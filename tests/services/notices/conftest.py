"""An office that sends mails."""

from pathlib import Path

import pytest

from registry.settings import Settings


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(
        data_dir=tmp_path,
        base_url="https://registry.example",
        smtp_host="mail.example",
        smtp_sender="registry@office.example",
    )
