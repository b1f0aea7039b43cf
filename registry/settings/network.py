"""The settings of the network: how the site is reached, who may ask from elsewhere, and whom it may reach itself."""

import base64
import re
from ipaddress import ip_network

from pydantic import Field, field_validator
from pydantic_settings import BaseSettings

from registry.settings.kinds import Names, WebAddress

_ORIGIN = re.compile(r"https?://(\*\.)?[A-Za-z0-9.-]+(:[0-9]{1,5})?")


class NetworkSettings(BaseSettings):
    """A part of Settings, which alone is read."""

    base_url: WebAddress = Field("http://127.0.0.1:8000", description="The start of every absolute link.")
    public: bool = Field(False, description="Whether search engines may index the site.")
    trusted_proxies: Names = Field(
        (), description="Addresses of proxies whose forwarding headers are believed."
    )
    allow_private_cidrs: Names = Field((), description="Networks inside that scrapers may reach.")
    embed_sites: Names = Field(
        (), description="Sites that may show an answer in a frame, such as https://intranet.example."
    )
    slack_secret: str = Field("", description="Signing secret of the Slack app that asks here.")
    teams_secret: str = Field("", description="Security token of the Teams outgoing webhook that asks here.")
    websub_hub: WebAddress = Field("", description="The WebSub hub that is told when a feed changes.")

    @field_validator("base_url")
    @classmethod
    def _named(cls, value: str) -> str:
        if not value:
            raise ValueError("must begin with http:// or https:// and name a host")
        return value.rstrip("/")

    @field_validator("allow_private_cidrs")
    @classmethod
    def _networks(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        for each in value:
            try:
                ip_network(each)
            except ValueError as error:
                raise ValueError(f"{each!r} is no network such as 10.0.0.0/8") from error
        return value

    @field_validator("trusted_proxies")
    @classmethod
    def _proxies(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        for each in value if value != ("*",) else ():
            try:
                ip_network(each)
            except ValueError as error:
                raise ValueError(
                    f"{each!r} is no address such as 10.0.0.5 and no network such as 10.0.0.0/8"
                ) from error
        return value

    @field_validator("embed_sites")
    @classmethod
    def _origins(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        for each in value:
            if not _ORIGIN.fullmatch(each):
                raise ValueError(f"{each!r} is no site such as https://intranet.example")
        return value

    @field_validator("teams_secret")
    @classmethod
    def _base64(cls, value: str) -> str:
        try:
            base64.b64decode(value, validate=True)
        except ValueError:
            raise ValueError("must be the token just as Teams showed it") from None
        return value
