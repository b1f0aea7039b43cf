"""The settings of an organisation: its name, words and days, and the rules by which it evaluates."""

from pathlib import Path
from typing import Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import Field, ValidationInfo, field_validator
from pydantic_settings import BaseSettings

from registry.domain.language import Language
from registry.settings.contacts import contact_uri
from registry.settings.kinds import Names
from registry.translation import catalogue


class OrganisationSettings(BaseSettings):
    """A part of Settings, which alone is read."""

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
    rubrics_dir: Path | None = Field(
        None, description="Rubric and decision table files; empty: those supplied."
    )
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

    @field_validator("security_contact")
    @classmethod
    def _can_be_followed(cls, value: str) -> str:
        if value and not contact_uri(value):
            raise ValueError(
                "must be an e-mail address, a page at https://, or a phone such as +1 202 555 0100"
            )
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

    @field_validator("data_classes", "account_types")
    @classmethod
    def _at_least_one(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        if not value or len(set(value)) != len(value):
            raise ValueError("must hold at least one name, and none of them twice")
        return value

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
