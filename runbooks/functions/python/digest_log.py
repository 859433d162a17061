"""Counts the lines of a log by level and finds the messages that repeat most.

event  {"file": "/var/log/app.log", "top": 3}
reply  {"file": "/var/log/app.log", "lines": 120, "levels": {"ERROR": 4, "INFO": 116},
        "worst": "ERROR", "messages": [{"message": "timeout of #", "count": 3}]}
"""

import collections
import logging
import pathlib
import re

LEVELS = ("FATAL", "ERROR", "WARN", "INFO", "DEBUG")
LEVEL = re.compile(r"\b(FATAL|ERROR|WARN|INFO|DEBUG)(?:ING)?\b")
VARIABLE = re.compile(r"\b[0-9a-f]{8,}\b|\d+")
MOST_BYTES = 64 * 1024 * 1024

logger = logging.getLogger()
logger.setLevel(logging.INFO)


class LogNotReadable(Exception):
    """The log cannot be read, or is larger than this function is meant for."""


def handler(event, context):
    file = pathlib.Path(event["file"])
    top = int(event.get("top", 3))
    try:
        size = file.stat().st_size
        if size > MOST_BYTES:
            raise LogNotReadable(f"{file} has {size} bytes; at most {MOST_BYTES} are read.")
        text = file.read_text(encoding="utf-8", errors="replace")
    except OSError as error:
        raise LogNotReadable(f"{file}: {error.strerror}") from error

    levels = collections.Counter()
    messages = collections.Counter()
    lines = text.splitlines()
    for line in lines:
        found = LEVEL.search(line)
        if not found:
            continue
        levels[found.group(1)] += 1
        if found.group(1) in ("FATAL", "ERROR", "WARN"):
            # Numbers and ids differ from line to line; without them equal messages meet.
            messages[VARIABLE.sub("#", line[found.end():]).strip(" :-]")] += 1
    logger.info("%s has %d lines", file, len(lines))
    return {
        "file": str(file),
        "lines": len(lines),
        "levels": dict(levels),
        "worst": next((level for level in LEVELS if levels[level]), "NONE"),
        "messages": [{"message": message, "count": count} for message, count in messages.most_common(top)],
    }
