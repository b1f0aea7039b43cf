"""Settings: the only reader of environment and configuration files; read once at the edge and passed down."""

import base64
import os
import re
import secrets
from contextlib import suppress
from functools import cached_property, partial
from ipaddress import ip_network
from pathlib import Path
from typing import Any, Literal, Self
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import Field, ValidationError, ValidationInfo, field_validator, model_validator
from pydantic_settings import (
    BaseSettings,
    DotEnvSettingsSource,
    EnvSettingsSource,
    PydanticBaseSettingsSource,
    SecretsSettingsSource,
    SettingsConfigDict,
    TomlConfigSettingsSource,
)

from registry.domain.errors import InvalidInput
from registry.domain.language import Language
from registry.settings_sign_in import Names, SignInSettings
from registry.translation import catalogue

MIN_SECRET_BYTES = 16
_MAIL_ADDRESS = re.compile(r"[^@\s<>\"(),:;]{1,64}@[^@\s<>\"(),:;]{1,189}", re.ASCII)
_PLACE = re.compile(r"([A-Za-z0-9.-]+|\[[0-9A-Fa-f:.]+\]):(?P<port>[0-9]{1,5})")
_PHONE = re.compile(r"\+[0-9][0-9 ().-]{5,30}", re.ASCII)
_ORIGIN = re.compile(r"https?://(\*\.)?[A-Za-z0-9.-]+(:[0-9]{1,5})?")


class Settings(SignInSettings):
    """`REGISTRY_*` from command line, environment, `.env`, secret files, `registry.toml`, then the defaults."""

    model_config = SettingsConfigDict(
        env_prefix="REGISTRY_",
        env_file=".env",
        toml_file="registry.toml",
        secrets_dir="/run/secrets" if Path("/run/secrets").is_dir() else None,
        frozen=True,
        extra="ignore",
    )

    data_dir: Path = Field(Path(".registry"), description="Folder for the SQLite file and the secret.")
    database_url: str = Field("", description="postgresql://…; empty: a SQLite file in the data folder.")
    base_url: str = Field("http://127.0.0.1:8000", description="The start of every absolute link.")
    secret_file: Path | None = Field(
        None, description="The secret's file; empty: `secret` in the data folder."
    )
    audit_key_file: Path | None = Field(
        None, description="The file of the key that signs checkpoints; empty: `audit-key` in the data folder."
    )
    checkpoint_dir: Path | None = Field(
        None, description="Folder of the log's checkpoints; empty: `checkpoints` in the data folder."
    )
    backup_dir: Path | None = Field(
        None, description="Where a copy is put before an upgrade; empty: `backups` in the data folder."
    )
    allow_private_cidrs: Names = Field((), description="Networks inside that scrapers may reach.")
    rubrics_dir: Path | None = Field(
        None, description="Rubric and decision table files; empty: those supplied."
    )
    scheduler: bool = Field(True, description="Whether `serve` polls sources itself.")
    tick_s: int = Field(30, ge=1, le=3600, description="Seconds between two looks at what is due.")
    public: bool = Field(False, description="Whether search engines may index the site.")
    trusted_proxies: Names = Field(
        (), description="Addresses of proxies whose forwarding headers are believed."
    )
    log_format: Literal["text", "json"] = Field("text", description="How log lines are written.")
    metrics_bind: str = Field(
        "", description="Where /metrics is told to anybody who can reach it, such as 127.0.0.1:9464."
    )
    metrics_token: str = Field("", description="Who sends it as a bearer token is told /metrics by the site.")
    metrics_token_file: Path | None = Field(None, description="The file that holds that token.")
    name: str = Field("Technology registry", min_length=1, max_length=80, description="The registry's name.")
    contact: str = Field(
        "", max_length=200, description="Whom employees may ask: an e-mail address or a phone."
    )
    security_contact: str = Field(
        "",
        max_length=200,
        description="Where flaws are reported: an e-mail address, an https:// page or a phone.",
    )
    locale_dir: Path | None = Field(None, description="Catalogues of your own; see docs/languages.md.")
    language: str = Field("en", description="What the answers are said in: en, es, or one of your own.")
    time_zone: str = Field("UTC", description="The organisation's time zone: when a verdict's last day ends.")
    data_classes: Names = Field(
        ("public", "internal", "sensitive", "regulated"),
        description="Lowest first; each includes those before.",
    )
    account_types: Names = Field(
        ("organisation", "work", "private"), description="Kinds of account people use."
    )
    audiences: Names = Field(
        ("staff", "contractors"), description="Groups of people a verdict may be limited to."
    )
    embed_sites: Names = Field(
        (), description="Sites that may show an answer in a frame, such as https://intranet.example."
    )
    slack_secret: str = Field("", description="Signing secret of the Slack app that asks here.")
    teams_secret: str = Field("", description="Security token of the Teams outgoing webhook that asks here.")
    requests: Literal["anybody", "employees"] = Field("anybody", description="Who may request a tool.")
    challenges: int = Field(
        3,
        ge=1,
        le=1000,
        description="How many colleagues must challenge a verdict to have it looked at again.",
    )
    solo: bool = Field(False, description="An office of one person: who scored may decide.")
    reference_cases: int = Field(
        0, ge=0, le=100, description="Reference cases a reviewer must have passed to decide alone."
    )
    undo_s: int = Field(
        300, ge=0, le=86_400, description="Seconds in which a published verdict can be taken back."
    )

    smtp_host: str = Field("", description="The mail server; empty: no mail is sent.")
    smtp_port: int = Field(0, ge=0, le=65_535, description="Its port; 0: 587, 465 or 25, by the security.")
    smtp_security: Literal["starttls", "tls", "none"] = Field(
        "starttls", description="How the way to the mail server is secured."
    )
    smtp_user: str = Field("", description="Whom to sign in as at the mail server; empty: no sign-in.")
    smtp_password_file: Path | None = Field(None, description="The file that holds that user's password.")
    smtp_sender: str = Field("", description="The address that mails come from.")
    mail_dir: Path | None = Field(
        None, description="A folder in which mails are put as files instead of being sent; to try things out."
    )
    websub_hub: str = Field("", description="The WebSub hub that is told when a feed changes.")

    @field_validator("metrics_bind")
    @classmethod
    def _place(cls, value: str) -> str:
        place = _PLACE.fullmatch(value)
        if value and not (place and 1 <= int(place["port"]) <= 65_535):
            raise ValueError("must be an address and a port from 1 to 65535, such as 127.0.0.1:9464")
        return value

    @field_validator("metrics_token_file", "smtp_password_file", "oidc_client_secret_file")
    @classmethod
    def _can_be_read(cls, value: Path | None) -> Path | None:
        if value is not None and not (value.is_file() and os.access(value, os.R_OK)):
            raise ValueError(f"there is no file {value} that can be read here")
        return value

    @field_validator("smtp_sender")
    @classmethod
    def _address(cls, value: str) -> str:
        if value and not _MAIL_ADDRESS.fullmatch(value):
            raise ValueError("must be an e-mail address alone, such as registry@office.example")
        return value

    @field_validator("security_contact")
    @classmethod
    def _can_be_followed(cls, value: str) -> str:
        if value and not contact_uri(value):
            raise ValueError(
                "must be an e-mail address, a page at https://, or a phone such as +1 202 555 0100"
            )
        return value

    @field_validator("websub_hub")
    @classmethod
    def _web_address(cls, value: str) -> str:
        if value and (not value.startswith(("http://", "https://")) or not urlsplit(value).hostname):
            raise ValueError("must begin with http:// or https:// and name a host")
        return value

    @model_validator(mode="after")
    def _has_sender(self) -> Self:
        if self.smtp_host and not self.smtp_sender:
            raise ValueError("must name the address that mails come from")
        return self

    @field_validator(
        "allow_private_cidrs",
        "trusted_proxies",
        "data_classes",
        "account_types",
        "audiences",
        "embed_sites",
        mode="before",
    )
    @classmethod
    def _split(cls, value: object) -> object:
        return (
            tuple(part.strip() for part in value.split(",") if part.strip())
            if isinstance(value, str)
            else value
        )

    @field_validator("data_classes", "account_types")
    @classmethod
    def _at_least_one(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        if not value or len(set(value)) != len(value):
            raise ValueError("must hold at least one name, and none of them twice")
        return value

    @field_validator("language")
    @classmethod
    def _must_have_a_catalogue(cls, value: str, given: ValidationInfo) -> str:
        try:
            catalogue(value, given.data.get("locale_dir"))
        except LookupError as error:
            raise ValueError(error.args[0]) from error
        return value

    @field_validator("time_zone")
    @classmethod
    def _known_zone(cls, value: str) -> str:
        try:
            ZoneInfo(value)
        except (ZoneInfoNotFoundError, ValueError, OSError) as error:
            raise ValueError("must be a time zone such as Europe/Paris or America/New_York") from error
        return value

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

    @field_validator("database_url")
    @classmethod
    def _known_database(cls, value: str) -> str:
        if value and not value.startswith(("sqlite://", "postgresql://", "postgresql+psycopg://")):
            raise ValueError("must begin with postgresql:// or sqlite:///")
        return value

    @field_validator("base_url")
    @classmethod
    def _absolute(cls, value: str) -> str:
        if not value.startswith(("http://", "https://")) or not urlsplit(value).hostname:
            raise ValueError("must begin with http:// or https:// and name a host")
        return value.rstrip("/")

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        asked = (
            env_settings,
            dotenv_settings,
        )  # of each field by name, which takes long where nothing is set
        told = (each for each in asked if isinstance(each, EnvSettingsSource) and _tells(each))
        return init_settings, *told, file_secret_settings, TomlConfigSettingsSource(settings_cls)

    @property
    def reports_to(self) -> str:
        """The URI to which flaws are reported; empty where no setting names one."""
        return contact_uri(self.security_contact or self.contact)

    @property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.time_zone)

    @property
    def words(self) -> Language:
        return catalogue(self.language, self.locale_dir)

    @property
    def mails(self) -> bool:
        """Whether mails go anywhere."""
        return bool(self.smtp_host or self.mail_dir)

    @property
    def resolved_database_url(self) -> str:
        return self.database_url or f"sqlite:///{self.data_dir.resolve() / 'registry.sqlite3'}"

    @property
    def secret_path(self) -> Path:
        return self.secret_file or self.data_dir / "secret"

    @cached_property
    def metrics_secret(self) -> str:
        """The token for /metrics; empty where the site does not tell it. Raises InvalidInput for one that is short."""
        if self.metrics_token_file is not None:
            found = self.metrics_token_file.read_text().strip()
        else:
            found = self.metrics_token.strip()
        if (found or self.metrics_token_file) and len(found) < MIN_SECRET_BYTES:
            raise InvalidInput(
                f"The token for /metrics is shorter than {MIN_SECRET_BYTES} characters, so that it could be guessed."
            )
        return found

    @property
    def measured(self) -> bool:
        """Whether anybody is told /metrics."""
        return bool(self.metrics_bind or self.metrics_token or self.metrics_token_file)

    @cached_property
    def secret(self) -> bytes:
        """The key that session and token digests are made with; made at first use, readable by its owner alone."""
        path = self.secret_path
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        with suppress(FileExistsError), open(path, "x", opener=partial(os.open, mode=0o600)) as file:
            file.write(secrets.token_hex(32))
        found = path.read_bytes().strip()
        if len(found) < MIN_SECRET_BYTES:
            raise InvalidInput(
                f"The secret in {path} is shorter than {MIN_SECRET_BYTES} characters, so that it could be guessed. "
                "Remove the file: a new one is made, and everybody signs in again."
            )
        return found


def contact_uri(contact: str) -> str:
    """An address, a page or a phone number as a URI; empty where it is none of them."""
    if _MAIL_ADDRESS.fullmatch(contact):
        return f"mailto:{contact}"
    if contact.startswith("https://") and urlsplit(contact).hostname and not re.search(r"\s", contact):
        return contact
    if _PHONE.fullmatch(contact):
        return "tel:" + re.sub(r"[^+0-9]", "", contact)
    return ""


def load_settings(**given: Any) -> Settings:
    """Read the settings; `given` are those of the command line. Raises InvalidInput naming each setting at fault."""
    try:
        return Settings(**{name: value for name, value in given.items() if value is not None})
    except ValidationError as error:
        faults = {
            "REGISTRY_" + str((fault["loc"] or ("smtp_sender",))[0]).upper(): fault["msg"].removeprefix(
                "Value error, "
            )
            for fault in error.errors()
        }
        told = "; ".join(f"{name}: {sentence}" for name, sentence in faults.items())
        raise InvalidInput(f"The settings cannot be used. {told}", faults) from error


def _tells(source: EnvSettingsSource) -> bool:
    return any(name.startswith("registry_") for name in source.env_vars)


def origins() -> dict[str, str]:
    """Name of each setting that does not stand at its default, to the place it was read from."""
    dotenv = Settings.model_config.get("env_file")
    places = {
        "environment": EnvSettingsSource(Settings),
        str(dotenv): DotEnvSettingsSource(Settings),
        "secret files": SecretsSettingsSource(Settings),
        "registry.toml": TomlConfigSettingsSource(Settings),
    }
    found: dict[str, str] = {}
    for place, source in places.items():
        for name in source():
            found.setdefault(name, place)
    return found
