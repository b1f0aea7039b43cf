"""Wire shapes of disagreements: what is said about them, and what is sent to resolve them."""

from datetime import datetime

from pydantic import Field

from registry.domain.rubric import KnockOutAnswer, Rating
from registry.web.deps import Plain
from registry.web.schemas import Sent, Shape
from registry.web.strict import Whole


class VoiceOut(Shape):
    reviewer: str
    given: str = Field(
        description="A rating, an answer or a band, in words; `nothing` where it was left out."
    )
    before: str = Field(description="What was given before the one re-score; empty where nothing changed.")
    sentence: str
    evidence: str
    dissents: bool = Field(description="Gave something else than what was resolved.")


class RemarkOut(Shape):
    who: str
    at: datetime
    text: str
    evidence: str
    asks: str = Field(description="The reviewer who is asked for evidence; empty for a plain remark.")
    unanswered: bool


class DisagreementOut(Shape):
    item: str = Field(description="A criterion, a knock-out, `risk_band` or `fit_band`.", examples=["R1"])
    title: str
    said: str = Field(examples=["Strong disagreement on privacy: 0, 1, 4"])
    stands: str = Field(description="What holds now, in words.")
    may_be: list[str] = Field(
        description="Values that it may be resolved to; empty hands it on as it is. None for a band."
    )
    voices: list[VoiceOut]
    resolved: str = Field(description="In words; empty while it is open.")
    reason: str
    resolved_by: str
    remarks: list[RemarkOut]


class DisagreementsOut(Shape):
    evaluation: int
    version: int = Field(description="What `If-Match` of a resolution wants.")
    may_rescore: bool = Field(description="You may still use your one re-score.")
    disagreements: list[DisagreementOut] = Field(description="The gravest first.")


class ResolutionIn(Sent):
    value: Plain = Field(
        "", description="Between the lowest and the highest given; empty hands it on as it is."
    )
    reason: Plain = Field(description="Published with the verdict, so name nobody in it.")


class RemarkIn(Sent):
    text: Plain
    evidence: Plain = Field("", description="A link or the quoted paragraph.")
    asks: Whole | None = Field(None, description="Id of another reviewer who is asked for evidence.")


class RescoredRating(Sent):
    rating: Rating
    sentence: Plain
    evidence: Plain = ""
    confidence: Plain = "medium"


class RescoredAnswer(Sent):
    answer: KnockOutAnswer
    sentence: Plain = ""


class RescoreIn(Sent):
    reason: Plain = Field(description="What made you change.")
    ratings: dict[str, RescoredRating] = Field({})
    knock_outs: dict[str, RescoredAnswer] = Field({})
