"""The settings of watching a running registry: its log, and who is told /metrics."""

import re
from functools import cached_property
from typing import Literal

from pydantic import Field, field_validator
from pydantic_settings import BaseSettings

from registry.domain.errors import InvalidInput
from registry.settings.kinds import SecretFile

MIN_TOKEN_SIGNS = 16
_PLACE = re.compile(r"([A-Za-z0-9.-]+|\[[0-9A-Fa-f:.]+\]):(?P<port>[0-9]{1,5})")


class MetricsSettings(BaseSettings):
    """A part of Settings, which alone is read."""

    log_format: Literal["text", "json"] = Field("text", description="How log lines are written.")
    metrics_bind: str = Field(
        "", description="Where /metrics is told to anybody who can reach it, such as 127.0.0.1:9464."
    )
    metrics_token: str = Field("", description="Who sends it as a bearer token is told /metrics by the site.")
    metrics_token_file: SecretFile | None = Field(None, description="The file that holds that token.")

    @field_validator("metrics_bind")
    @classmethod
    def _place(cls, value: str) -> str:
        place = _PLACE.fullmatch(value)
        if value and not (place and 1 <= int(place["port"]) <= 65_535):
            raise ValueError("must be an address and a port from 1 to 65535, such as 127.0.0.1:9464")
        return value

    @property
    def measured(self) -> bool:
        """Whether anybody is told /metrics."""
        return bool(self.metrics_bind or self.metrics_token or self.metrics_token_file)

    @cached_property
    def metrics_secret(self) -> str:
        """The token for /metrics; empty where the site does not tell it. Raises InvalidInput for one that is short."""
        if self.metrics_token_file is not None:
            found = self.metrics_token_file.read_text().strip()
        else:
            found = self.metrics_token.strip()
        if (found or self.metrics_token_file) and len(found) < MIN_TOKEN_SIGNS:
            raise InvalidInput(
                f"The token for /metrics is shorter than {MIN_TOKEN_SIGNS} characters, so that it could be guessed."
            )
        return found
