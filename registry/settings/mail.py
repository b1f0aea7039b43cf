"""The settings of mail: the server that sends it, or a folder to try it out."""

from pathlib import Path
from typing import Literal, Self

from pydantic import Field, field_validator, model_validator
from pydantic_settings import BaseSettings

from registry.settings.contacts import MAIL_ADDRESS
from registry.settings.kinds import SecretFile


class MailSettings(BaseSettings):
    """A part of Settings, which alone is read."""

    smtp_host: str = Field("", description="The mail server; empty: no mail is sent.")
    smtp_port: int = Field(0, ge=0, le=65_535, description="Its port; 0: 587, 465 or 25, by the security.")
    smtp_security: Literal["starttls", "tls", "none"] = Field(
        "starttls", description="How the way to the mail server is secured."
    )
    smtp_user: str = Field("", description="Whom to sign in as at the mail server; empty: no sign-in.")
    smtp_password_file: SecretFile | None = Field(
        None, description="The file that holds that user's password."
    )
    smtp_sender: str = Field("", description="The address that mails come from.")
    mail_dir: Path | None = Field(
        None, description="A folder in which mails are put as files instead of being sent; to try things out."
    )

    @field_validator("smtp_sender")
    @classmethod
    def _address(cls, value: str) -> str:
        if value and not MAIL_ADDRESS.fullmatch(value):
            raise ValueError("must be an e-mail address alone, such as registry@office.example")
        return value

    @model_validator(mode="after")
    def _has_sender(self) -> Self:
        if self.smtp_host and not self.smtp_sender:
            raise ValueError("must name the address that mails come from")
        return self

    @property
    def mails(self) -> bool:
        """Whether mails go anywhere."""
        return bool(self.smtp_host or self.mail_dir)
