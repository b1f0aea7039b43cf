"""What signing in needs beside people: who they are elsewhere, what is under way there, and what failed here."""

from datetime import datetime

from sqlalchemy import Index
from sqlmodel import Field, SQLModel


class UserIdentity(SQLModel, table=True):
    """A person as an OpenID provider names them: by issuer and subject, never by address."""

    __tablename__ = "user_identity"

    issuer: str = Field(max_length=300, primary_key=True)
    subject: str = Field(max_length=255, primary_key=True)
    user_id: int = Field(foreign_key="user.id", index=True)
    created_at: datetime
    seen_at: datetime | None = None


class ProviderSignIn(SQLModel, table=True):
    """A sign-in that went to the provider and has not come back; gone as soon as it has, or after its time."""

    __tablename__ = "provider_sign_in"

    digest: str = Field(max_length=64, primary_key=True)
    """Keyed hash of `state`."""
    browser: str = Field(max_length=64)
    """Keyed hash of the cookie of the browser that began it."""
    nonce: str = Field(max_length=64)
    verifier: str = Field(max_length=128)
    next: str = Field(default="/", max_length=2000)
    link_digest: str = Field(default="", max_length=64)
    """Of the invitation that it was begun from; whose that is will be joined with who comes back."""
    expires_at: datetime = Field(index=True)


class SignInFailure(SQLModel, table=True):
    """One attempt that counts against a limit."""

    __tablename__ = "sign_in_failure"
    __table_args__ = (Index(None, "key", "at"),)

    id: int | None = Field(default=None, primary_key=True)
    key: str = Field(max_length=64)
    """Keyed hash of the account or network that it counts for."""
    at: datetime
    expires_at: datetime = Field(index=True)
    """From when on it counts for nothing."""
