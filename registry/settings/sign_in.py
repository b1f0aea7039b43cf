"""The settings of signing in: how long a session serves, and the OpenID provider."""

from typing import Literal
from urllib.parse import urlsplit

from pydantic import Field, ValidationInfo, field_validator
from pydantic_settings import BaseSettings

from registry.settings.kinds import Names, SecretFile

ROLES = ("employee", "reviewer", "approver", "admin", "auditor")
_LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})
_KEY_PAIRS = frozenset(
    {"RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA"}
)


class SignInSettings(BaseSettings):
    """A part of Settings, which alone is read."""

    session_idle_h: int = Field(
        12, ge=1, le=720, description="Hours after which somebody who does nothing is signed out."
    )
    session_h: int = Field(168, ge=1, le=2160, description="Hours after which everybody signs in again.")
    breach_list: SecretFile | None = Field(
        None, description="A sorted list of SHA-1 hashes of stolen passwords, none of which may be chosen."
    )
    second_factor: Literal["off", "approvers", "staff"] = Field(
        "off",
        description="Who must have a second factor here: approvers (and admins), staff (all but employees).",
    )
    oidc_issuer: str = Field("", description="The OpenID provider, just as it names itself; empty: none.")
    oidc_client_id: str = Field(
        "", validate_default=True, description="What the provider calls this registry."
    )
    oidc_client_secret: str = Field("", description="The secret that the provider gave; better in a file.")
    oidc_client_secret_file: SecretFile | None = Field(None, description="The file that holds that secret.")
    oidc_name: str = Field("", max_length=60, description="What the button says, such as Example Office.")
    oidc_scopes: Names = Field(("openid", "email", "profile"), description="What the provider is asked for.")
    oidc_groups_claim: str = Field("groups", description="Where the provider tells a person's groups.")
    oidc_roles: Names = Field((), description="group=role, …: roles follow the groups at each sign-in.")
    oidc_default_role: Literal["", "employee"] = Field(
        "", description="The role of whom no group gives one; empty: they are refused."
    )
    oidc_algorithms: Names = Field(("RS256", "ES256"), description="How the provider may sign.")

    @field_validator("oidc_issuer")
    @classmethod
    def _provider(cls, value: str) -> str:
        parts = urlsplit(value)
        secure = parts.scheme == "https" or (parts.scheme == "http" and parts.hostname in _LOOPBACK)
        if value and (not secure or not parts.hostname or parts.query or parts.fragment or parts.username):
            raise ValueError("must begin with https://, name a host, and have no query")
        return value

    @field_validator("oidc_client_id")
    @classmethod
    def _has_client(cls, value: str, given: ValidationInfo) -> str:
        if given.data.get("oidc_issuer") and not value:
            raise ValueError("must say what the provider calls this registry")
        return value

    @field_validator("oidc_roles")
    @classmethod
    def _roles_by_group(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        for each in value:
            group, _, role = each.rpartition("=")
            if not group.strip() or role.strip() not in ROLES:
                raise ValueError(f"{each!r} must be group=role, the role one of {', '.join(ROLES)}")
        return value

    @field_validator("oidc_algorithms")
    @classmethod
    def _signed_by_key_pair(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        # Never `none`, and never one whose key is a secret: the provider's public key could be taken for it.
        if not value or not _KEY_PAIRS.issuperset(value):
            raise ValueError(f"must be some of {', '.join(sorted(_KEY_PAIRS))}")
        return value

    @field_validator("oidc_scopes")
    @classmethod
    def _openid(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        return value if "openid" in value else ("openid", *value)

    @property
    def provider_name(self) -> str:
        """Of the OpenID provider, as people read it; empty where there is none."""
        return self.oidc_issuer and (self.oidc_name or urlsplit(self.oidc_issuer).hostname or "")

    @property
    def provider_secret(self) -> str:
        """Empty for a client without one."""
        if self.oidc_client_secret_file is not None:
            return self.oidc_client_secret_file.read_text("utf-8").strip()
        return self.oidc_client_secret
