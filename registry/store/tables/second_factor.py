"""The second factor of an account here: what its app shares with us, recovery codes, and sign-ins that wait for one."""

from datetime import datetime

from sqlmodel import Field, SQLModel

from registry.store.columns import EnumText
from registry.store.tables.user import SignInWay


class SecondFactor(SQLModel, table=True):
    __tablename__ = "second_factor"

    user_id: int = Field(foreign_key="user.id", primary_key=True)
    sealed: str = Field(max_length=200)
    """The key that the app holds too, encrypted under the registry's own, which is not in the database."""
    begun_at: datetime
    set_up_at: datetime | None = None
    """When its first code came; until then it is asked for nowhere."""
    last_step: int = 0
    """The latest step of time whose code was taken; none up to it is taken again."""


class RecoveryCode(SQLModel, table=True):
    __tablename__ = "recovery_code"

    user_id: int = Field(foreign_key="user.id", primary_key=True)
    digest: str = Field(max_length=64, primary_key=True)
    """Keyed hash of the code."""
    used_at: datetime | None = None


class CodeWanted(SQLModel, table=True):
    """Somebody whose password or link was right, and whose code has not come yet."""

    __tablename__ = "code_wanted"

    digest: str = Field(max_length=64, primary_key=True)
    """Keyed hash of a cookie that opens nothing but the page that asks for the code."""
    user_id: int = Field(foreign_key="user.id", index=True)
    how: SignInWay = Field(sa_type=EnumText(SignInWay))
    next: str = Field(default="/", max_length=2000)
    expires_at: datetime = Field(index=True)
