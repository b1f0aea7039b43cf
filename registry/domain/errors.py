"""The tree of everything the registry refuses, each child with a `code` that clients may match."""

from collections.abc import Mapping, Sequence


class RegistryError(Exception):
    """A refusal told in one plain sentence that says what to do next."""

    code = "registry_error"

    def __init__(self, sentence: str) -> None:
        super().__init__(sentence)
        self.sentence = sentence


class NotFound(RegistryError):
    code = "not_found"


class RuleBroken(RegistryError):
    """The act exists, but not from here: a state without such a move, an outcome without what it needs."""

    code = "rule_broken"


class StaleVersion(RegistryError):
    """Somebody changed the thing between the page that was read and the act."""

    code = "stale_version"


class NotSignedIn(RegistryError):
    code = "not_signed_in"


class NotAllowed(RegistryError):
    code = "not_allowed"


class SecondFactorMissing(NotAllowed):
    """Who asks holds a role that is worth nothing before they have set up a second factor."""

    code = "second_factor_missing"


class TooOften(RegistryError):
    code = "too_often"


class SignInRefused(RegistryError):
    """What the OpenID provider, or whoever came in its name, said is not believed, or gives no way in here."""

    code = "sign_in_refused"

    def __init__(self, sentence: str, why: str, detail: str = "", user_id: int | None = None) -> None:
        """`why` is a code for the record, `detail` says more for the log alone; `user_id` is whose account it was."""
        super().__init__(sentence)
        self.why, self.detail, self.user_id = why, detail or why, user_id


class InvalidInput(RegistryError):
    """What was typed cannot be taken; `faults` maps each field's name to a sentence about it."""

    code = "invalid_input"

    def __init__(self, sentence: str, faults: Mapping[str, str] | None = None) -> None:
        super().__init__(sentence)
        self.faults: dict[str, str] = dict(faults or {})


class NoSuchEdition(InvalidInput):
    """Of this tool; `editions` are those there are."""

    def __init__(self, sentence: str, editions: Sequence[str]) -> None:
        super().__init__(sentence, {"edition": sentence})
        self.editions = editions


class RubricInvalid(RegistryError):
    """A rubric or decision table file that cannot be used; the sentence names the table and the key."""

    code = "rubric_invalid"


class UnknownCriterion(RegistryError):
    code = "unknown_criterion"


class RatingOutOfRange(RegistryError):
    code = "rating_out_of_range"


class NoScorecards(RegistryError):
    code = "no_scorecards"
