"""What can go wrong between an address and its entries, each as a stable code and a sentence for a person."""


class ScrapeError(Exception):
    """A source could not be read this time; it is written on the source and the others go on.

    `code` is stable and may be matched; `sentence` says in plain words what happened and what to do next.
    `retry_after_s` is how long the publisher asked us to stay away, `status` the HTTP status if one came.
    """

    def __init__(
        self, code: str, sentence: str, *, retry_after_s: int | None = None, status: int | None = None
    ) -> None:
        super().__init__(code, sentence)
        self.code = code
        self.sentence = sentence
        self.retry_after_s = retry_after_s
        self.status = status

    def __str__(self) -> str:
        return f"{self.sentence} ({self.code})"


class FetchError(ScrapeError):
    """The bytes did not come, or must not be asked for.

    Codes before a connection: bad_address, private_address, name_not_found, connect_failed, tls_failed.
    While bytes come: timeout, too_large, cut_off, bad_reply (no HTTP), bad_encoding, empty_body.
    By redirect: too_many_redirects, redirect_refused. By status: http_NNN, gone (410), rate_limited (429),
    server_error (5xx), not_modified_unasked (304), bot_challenge.
    """


class ParseError(ScrapeError):
    """The bytes came and hold no entries; `suggested` are feed addresses found in a web page, best first."""

    def __init__(
        self,
        code: str,
        sentence: str,
        *,
        suggested: tuple[str, ...] = (),
        retry_after_s: int | None = None,
        status: int | None = None,
    ) -> None:
        super().__init__(code, sentence, retry_after_s=retry_after_s, status=status)
        self.suggested = suggested

    def __reduce__(self) -> tuple[object, ...]:
        return (
            _rebuild_parse_error,
            (self.code, self.sentence, self.suggested, self.retry_after_s, self.status),
        )


def _rebuild_parse_error(
    code: str, sentence: str, suggested: tuple[str, ...], retry_after_s: int | None, status: int | None
) -> ParseError:
    return ParseError(code, sentence, suggested=suggested, retry_after_s=retry_after_s, status=status)
