"""Wire shapes of people and their tokens, written by hand like all of the API's."""

from datetime import date, datetime
from typing import Literal

from pydantic import Field

from registry.store.tables import Role, SignInWay, WorkMails
from registry.store.users import Person
from registry.web.deps import Plain
from registry.web.schemas import Sent, Shape
from registry.web.strict import CalendarDay, Whole


class PersonOut(Shape):
    id: int
    email: str
    name: str
    roles: list[Role]
    offices: list[str] = Field(description="Codes of the offices that the roles are for; none means all.")
    areas: list[str] = Field(description="What this person knows well.")
    created_at: datetime
    disabled_at: datetime | None
    second_factor: bool = Field(description="Whether they have set up a second factor here.")


def person_out(person: Person) -> PersonOut:
    return PersonOut(
        id=person.user.id or 0,
        email=person.user.email,
        name=person.user.name,
        roles=sorted(person.roles),
        offices=list(person.offices),
        areas=list(person.areas),
        created_at=person.user.created_at,
        disabled_at=person.user.disabled_at,
        second_factor=person.second_factor,
    )


class PersonIn(Sent):
    email: Plain = Field(examples=["rosa@example.org"])
    name: Plain = ""
    roles: list[Plain] = Field(examples=[["reviewer"]])
    offices: list[Plain] = Field([])
    areas: list[Plain] = Field([])
    password: str = Field(default="", description="Empty: they come in by a sign-in link.")


class RolesIn(Sent):
    roles: list[Plain]
    offices: list[Plain] = Field([])
    areas: list[Plain] = Field([])


class LeavingIn(Sent):
    successor: Whole | None = Field(
        None, ge=1, le=2**31 - 1, description="Id of who takes over open evaluations and scorecards."
    )


class LinkOut(Shape):
    url: str = Field(
        description="Signs this person in, once, for three days; told this once. Empty where it was mailed."
    )
    mailed: bool = Field(description="Whether it was mailed to them instead.")


class SignedOutOut(Shape):
    sessions: int = Field(description="How many were ended.")


class SessionOut(Shape):
    name: str = Field(description="What it is called here; it opens nothing.")
    how: SignInWay = Field(description="password, link or provider.")
    device: str = Field(description="Browser and system.", examples=["Firefox on Windows"])
    place: str = Field(description="The network it was begun from.", examples=["192.0.2.0/24"])
    since: datetime
    seen: datetime = Field(description="When it was last used, to a quarter of an hour.")
    expires: datetime
    here: bool = Field(description="Whether it is the one that asks.")


class PresentPasswordIn(Sent):
    present_password: str = Field(
        default="",
        description="Empty where you have none here and signed in within the last quarter of an hour.",
    )


class OwnPasswordIn(PresentPasswordIn):
    password: str


class CodeIn(Sent):
    one_time_code: str = Field(
        description="What the app shows now; else one of your recovery codes.", examples=["492039"]
    )


class FactorKeyOut(Shape):
    key: str = Field(description="In base32: 30 seconds, 6 digits, SHA-1, as every app takes it.")
    uri: str = Field(description="The same as an address for a QR code: otpauth://totp/…")


class RecoveryCodesOut(Shape):
    recovery_codes: list[str] = Field(description="Each signs you in once in place of the app.")


class OwnFactorOut(Shape):
    set_up_at: datetime | None
    codes_left: int = Field(description="How many recovery codes are left.")
    asked: bool = Field(description="Whether one of your roles asks for one.")
    wrong_codes: int = Field(
        description="Wrong codes in the last 30 days, since you last chose a password; who gives them knows it."
    )
    last_wrong_at: datetime | None


class TokenIn(Sent):
    name: Plain = Field(description="What it is for.")
    scopes: list[Plain] = Field(examples=[["read"]])
    days: Whole = Field(default=90, description="Until it expires.")


class TokenOut(Shape):
    id: int
    name: str
    scopes: list[str]
    created_at: datetime
    expires_at: datetime
    last_used_at: datetime | None
    revoked_at: datetime | None
    token: str = Field(default="", description="The token itself, told this once when it is made.")


class DelegationIn(Sent):
    deputy: Whole = Field(
        ge=1, le=2**31 - 1, description="Id of who decides for you: a reviewer or an approver."
    )
    first_day: CalendarDay = Field(description="In the organisation's time zone; today or later.")
    last_day: CalendarDay = Field(description="Inclusive; at most 180 days.")


class DelegationOut(Shape):
    """That somebody decides for an approver who is away."""

    id: int
    approver_id: int
    approver: str
    deputy_id: int
    deputy: str
    first_day: date
    last_day: date = Field(description="Inclusive, in the organisation's time zone.")
    state: Literal["to_come", "holds", "rests", "over", "ended"] = Field(
        description="rests: one of the two has not the role for it any more."
    )
    ended_at: datetime | None = Field(description="When it was ended early.")


class WholePersonOut(PersonOut):
    tokens: list[TokenOut]
    delegations: list[DelegationOut]


class NamedOut(Shape):
    id: int
    name: str


class WorkMailsIn(Sent):
    when: Plain = Field(description="at_once, daily or none.", examples=["daily"])


class WorkMailsOut(Shape):
    when: WorkMails = Field(description="at_once, daily (at seven in the morning) or none.")
    sends: bool = Field(description="Whether this registry sends mails at all.")


class AccountOut(PersonOut):
    sessions: list[SessionOut]
    own_factor: OwnFactorOut
    tokens: list[TokenOut]
    delegations: list[DelegationOut] = Field(
        description="By which another decides for you, or you for another."
    )
    may_name: list[NamedOut] = Field(description="Whom an approver may name; for others nobody.")
    work_mails: WorkMailsOut = Field(description="When you are told by mail of what waits for you.")
