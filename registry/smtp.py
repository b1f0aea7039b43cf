"""How a mail leaves: over SMTP to the server that the settings name, or into a folder where things are tried out.

The server is the one that the office named, wherever it stands: the rule for addresses of others does not hold for it.
"""

import math
import re
import smtplib
import ssl
from collections.abc import Callable
from concurrent.futures import Future, wait
from contextlib import suppress
from email.message import EmailMessage
from pathlib import Path
from threading import Thread
from time import monotonic
from types import TracebackType
from typing import Protocol, Self

from registry.services.notices.outbox import Reply
from registry.settings import Settings

TIMEOUT_S = 30.0
GREETING_S = 5.0
GOODBYE_S = 1.0
LOOK_UP_S = 0.5
"""So often whoever waits for the server looks whether all is to end."""
BOTH_WAYS = 2
"""The system's SHUT_RDWR; the module that names it may open connections, and is the fetcher's alone."""
PORTS = {"starttls": 587, "tls": 465, "none": 25}
_REFUSED_FOR_GOOD = range(500, 600)


class Mailer(Protocol):
    """Sends one message after another, within a `with`."""

    def __enter__(self) -> Self: ...
    def __exit__(
        self, kind: type[BaseException] | None, exc: BaseException | None, trace: TracebackType | None
    ) -> None: ...
    def send(self, message: EmailMessage, to: str) -> Reply | None:
        """What became of it; None where all had to end before anybody said so."""

    def end_within(self, seconds: float) -> None:
        """Nothing is waited for any longer than that."""

    @property
    def down(self) -> bool:
        """Whether the way itself is closed, so that the next message would only fail alike."""


def make_mailer(settings: Settings) -> Mailer | None:
    """None where the settings name neither a server nor a folder."""
    if settings.mail_dir is not None:
        return Folder(settings.mail_dir)
    return Server(settings) if settings.smtp_host else None


def trouble(settings: Settings) -> str:
    """What keeps us from the mail server of the settings; empty where it greets us. Nothing is sent."""
    port = settings.smtp_port or PORTS[settings.smtp_security]
    try:
        if settings.smtp_security == "tls":
            context = ssl.create_default_context()
            smtplib.SMTP_SSL(settings.smtp_host, port, timeout=GREETING_S, context=context).quit()
        else:
            smtplib.SMTP(settings.smtp_host, port, timeout=GREETING_S).quit()
    except (OSError, smtplib.SMTPException) as error:
        return f"{type(error).__name__}: {error}"
    return ""


class Server:
    """One connection for all messages of a round, opened with the first."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._smtp: smtplib.SMTP | None = None
        self._ends_at = math.inf
        self.down = False

    def __enter__(self) -> Self:
        self.down = False
        return self

    def __exit__(
        self, kind: type[BaseException] | None, exc: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._hang_up()

    def end_within(self, seconds: float) -> None:
        self._ends_at = min(self._ends_at, monotonic() + seconds)

    def send(self, message: EmailMessage, to: str) -> Reply | None:
        """One message to one address; what the server said of it."""
        heard: Future[Reply] = Future()
        # Not all that keeps it has a time-out, and a daemon thread is not waited for when the program ends.
        Thread(target=_hear, args=(heard, lambda: self._said(message, to)), daemon=True).start()
        while not heard.done():
            left_s = self._ends_at - monotonic()
            if left_s <= 0:
                self._cut()
                return None
            wait([heard], timeout=min(left_s, LOOK_UP_S))
        return heard.result()

    def _said(self, message: EmailMessage, to: str) -> Reply:
        try:
            smtp = self._smtp or self._open()
            if monotonic() >= self._ends_at:
                raise TimeoutError("nobody waits for it any more")
            smtp.send_message(message, from_addr=self._settings.smtp_sender, to_addrs=[to])
        except smtplib.SMTPRecipientsRefused as refused:
            code, said = next(iter(refused.recipients.values()))
            for_good = code in _REFUSED_FOR_GOOD
            return Reply(False, code, _text(said, to), for_good=for_good, bounced=for_good)
        except smtplib.SMTPDataError as refused:
            code = refused.smtp_code
            return Reply(False, code, _text(refused.smtp_error, to), for_good=code in _REFUSED_FOR_GOOD)
        except smtplib.SMTPResponseException as refused:  # signing in, or the sender: ours to put right
            self._hang_up(down=True)
            return Reply(False, refused.smtp_code, _text(refused.smtp_error, to))
        except (OSError, smtplib.SMTPException) as broken:
            self._hang_up(down=True)
            return Reply(False, None, f"The mail server could not be used: {broken}")
        return Reply(True, 250, "The mail server took it.")

    def _open(self) -> smtplib.SMTP:
        settings = self._settings
        port = settings.smtp_port or PORTS[settings.smtp_security]
        if settings.smtp_security == "tls":
            context = ssl.create_default_context()
            smtp: smtplib.SMTP = smtplib.SMTP_SSL(
                settings.smtp_host, port, timeout=TIMEOUT_S, context=context
            )
        else:
            smtp = smtplib.SMTP(settings.smtp_host, port, timeout=TIMEOUT_S)
        self._smtp = smtp
        if settings.smtp_security == "starttls":
            smtp.starttls(context=ssl.create_default_context())
        if settings.smtp_user:
            smtp.login(settings.smtp_user, _password(settings.smtp_password_file))
        return smtp

    def _hang_up(self, *, down: bool = False) -> None:
        self.down = self.down or down
        smtp, self._smtp = self._smtp, None
        if smtp is None:
            return
        try:
            if smtp.sock is not None:
                smtp.sock.settimeout(GOODBYE_S)
            smtp.quit()
        except (OSError, smtplib.SMTPException):
            smtp.close()

    def _cut(self) -> None:
        """What is under way goes no further."""
        self.down = True
        smtp, self._smtp = self._smtp, None
        if smtp is not None and smtp.sock is not None:
            with suppress(OSError):
                smtp.sock.shutdown(BOTH_WAYS)


class Folder:
    """Each message as a file that a mail program opens."""

    down = False

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def __enter__(self) -> Self:
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, exc: BaseException | None, trace: TracebackType | None
    ) -> None:
        return None

    def end_within(self, seconds: float) -> None:
        """It is never waited for."""

    def send(self, message: EmailMessage, to: str) -> Reply:  # noqa: ARG002 - the message says it
        name = str(message["Message-ID"]).strip("<>").partition("@")[0]
        path = self._folder / f"{message['Date'].datetime:%Y%m%dT%H%M%S}-{name}.eml"
        path.write_bytes(message.as_bytes())
        return Reply(True, None, f"Put into {path.name}")


def _hear(heard: "Future[Reply]", say: Callable[[], Reply]) -> None:
    try:
        heard.set_result(say())
    except Exception as error:
        heard.set_exception(error)


def _password(path: Path | None) -> str:
    return path.read_text("utf-8").strip() if path is not None else ""


def _text(said: bytes | str, to: str) -> str:
    """What the server said, without the address: that stands nowhere but with whom it belongs to."""
    text = said.decode("utf-8", "replace") if isinstance(said, bytes) else said
    return re.sub(re.escape(to), "…", text, flags=re.IGNORECASE)
