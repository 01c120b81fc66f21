"""The log as lines for people, or as JSON for programs, on the standard library's logging alone."""

import json
import logging
import sys
from datetime import UTC, datetime

from lit.errors import InputError
from lit.studio.requests import request_id

FORMATS = ("text", "json")
ABOUT = ("request", "job", "method", "path", "status", "seconds", "file", "state", "pictures")  # `extra` of our lines


class JsonLines(logging.Formatter):
    """An object a line: time, level, logger, message; what of ABOUT the line has; an error's traceback."""

    def format(self, record: logging.LogRecord) -> str:
        line = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
        }
        line |= about(record)
        if record.exc_info:
            line["error"] = self.formatException(record.exc_info)
        return json.dumps(line, ensure_ascii=False, default=str)


class TextLines(logging.Formatter):
    """The same in words: what is known of a line stands behind its message."""

    def __init__(self):
        super().__init__("%(asctime)s %(levelname)s %(name)s: %(message)s")

    def formatMessage(self, record: logging.LogRecord) -> str:
        return super().formatMessage(record) + "".join(f" {name}={value}" for name, value in about(record).items())


def about(record: logging.LogRecord) -> dict[str, object]:
    """What a line is about, as far as that is known; the request also where only the place that logs knows it."""
    found: dict[str, object] = {
        name: value for name in ABOUT if (value := getattr(record, name, None)) not in (None, "")
    }
    if "request" not in found and (request := request_id()):
        found["request"] = request
    return found


def configure(kind: str):
    """Log to standard error from here on, our own lines from INFO and those of others from WARNING. InputError."""
    if kind not in FORMATS:
        raise InputError("log-format", kind, " or ".join(FORMATS))
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(JsonLines() if kind == "json" else TextLines())
    logging.basicConfig(handlers=[handler], level=logging.WARNING, force=True)
    logging.getLogger("lit").setLevel(logging.INFO)
