"""People, the roles they hold, and the ways in which they prove who they are."""

from datetime import datetime
from enum import StrEnum

from sqlmodel import Field, SQLModel

from registry.store.columns import EnumText


class Role(StrEnum):
    EMPLOYEE = "employee"
    REVIEWER = "reviewer"
    APPROVER = "approver"
    ADMIN = "admin"
    AUDITOR = "auditor"


class SignInWay(StrEnum):
    PASSWORD = "password"  # noqa: S105 - a way to sign in
    LINK = "link"
    PROVIDER = "provider"


class WorkMails(StrEnum):
    """When somebody who works here is told by mail of what waits for them."""

    AT_ONCE = "at_once"
    DAILY = "daily"
    NONE = "none"


class User(SQLModel, table=True):
    id: int | None = Field(default=None, primary_key=True)
    email: str = Field(max_length=200, unique=True)
    """Folded to lower case."""
    name: str = Field(max_length=120)
    password_hash: str = Field(default="", max_length=200)
    created_at: datetime
    disabled_at: datetime | None = None
    work_mails: WorkMails = Field(default=WorkMails.DAILY, sa_type=EnumText(WorkMails))


class UserRole(SQLModel, table=True):
    __tablename__ = "user_role"

    user_id: int = Field(foreign_key="user.id", primary_key=True)
    role: Role = Field(sa_type=EnumText(Role), primary_key=True)


class UserArea(SQLModel, table=True):
    """What a reviewer knows well: `privacy`, `security`, `accessibility` …"""

    __tablename__ = "user_area"

    user_id: int = Field(foreign_key="user.id", primary_key=True)
    area: str = Field(max_length=40, primary_key=True)


class UserOffice(SQLModel, table=True):
    """The offices that a person's roles apply to; none means all."""

    __tablename__ = "user_office"

    user_id: int = Field(foreign_key="user.id", primary_key=True)
    office_id: int = Field(foreign_key="office.id", primary_key=True)


class UserSession(SQLModel, table=True):
    __tablename__ = "user_session"

    digest: str = Field(max_length=64, primary_key=True)
    """Keyed hash of the cookie's value; the value itself is never stored."""
    user_id: int = Field(foreign_key="user.id", index=True)
    created_at: datetime
    seen_at: datetime
    """When it was last written; at most a quarter of an hour before it was last used."""
    expires_at: datetime
    ends_at: datetime
    """However much it is used."""
    how: SignInWay = Field(sa_type=EnumText(SignInWay))
    device: str = Field(default="", max_length=80)
    """Browser and system, such as "Firefox on Windows"."""
    place: str = Field(default="", max_length=60)
    """The network it was begun from, without what would tell one machine in it."""


class SignInLink(SQLModel, table=True):
    """A link that signs its person in: for the demo's cast, as an invitation, or where a password is forgotten."""

    __tablename__ = "sign_in_link"

    digest: str = Field(max_length=64, primary_key=True)
    user_id: int = Field(foreign_key="user.id", index=True)
    expires_at: datetime
    reusable: bool = False
    sets_password: bool = False
    """Whether its person chooses a password when they use it."""
    used_at: datetime | None = None


class ApiToken(SQLModel, table=True):
    __tablename__ = "api_token"

    id: int | None = Field(default=None, primary_key=True)
    user_id: int = Field(foreign_key="user.id", index=True)
    name: str = Field(max_length=80)
    digest: str = Field(max_length=64, unique=True)
    scopes: str = Field(max_length=200)
    """Names parted by spaces."""
    created_at: datetime
    expires_at: datetime
    last_used_at: datetime | None = None
    revoked_at: datetime | None = None
