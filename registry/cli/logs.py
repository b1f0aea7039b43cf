"""How log lines are written: for people or for machines, always to standard error."""

import json
import logging
import sys
from datetime import UTC, datetime
from typing import Any

from registry.web.request_id import current


class JsonLines(logging.Formatter):
    """One JSON object a line: time (UTC), level, event, logger; the request's id, what an event tells beside its words
    (`told`), and the traceback, where there are any."""

    def format(self, record: logging.LogRecord) -> str:
        line: dict[str, Any] = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "event": record.getMessage(),
            "logger": record.name,
        }
        if request_id := current():
            line["request_id"] = request_id
        line |= getattr(record, "told", {})
        if record.exc_info:
            line["traceback"] = self.formatException(record.exc_info)
        return json.dumps(line, ensure_ascii=False)


class TextLines(logging.Formatter):
    """For people; a message is one line, whatever stands in it."""

    def formatMessage(self, record: logging.LogRecord) -> str:  # noqa: N802 - the library's name
        return super().formatMessage(record).replace("\r", "\\r").replace("\n", "\\n")


def configure_logs(form: str) -> None:
    """`form` is `text` or `json`, as in REGISTRY_LOG_FORMAT."""
    handler = logging.StreamHandler(sys.stderr)
    text = TextLines("%(asctime)s %(levelname)s %(message)s")
    handler.setFormatter(JsonLines() if form == "json" else text)
    logging.basicConfig(level=logging.INFO, handlers=[handler], force=True)
    for chatty in ("alembic", "apscheduler"):
        logging.getLogger(chatty).setLevel(logging.WARNING)
