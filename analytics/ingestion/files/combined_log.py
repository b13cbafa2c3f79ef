"""Access logs in the combined format of Apache and nginx: every line is a page view.

    203.0.113.7 - ada [17/May/2015:10:05:03 +0000] "GET /a?b=1 HTTP/1.1" 200 5120 "https://t.co/x" "Mozilla/5.0 …"

Properties: method, status, bytes. The visitor is a keyed hash of address and user agent, the same on every day of
the log; the address is not stored. The login, where there is one, is the user id.
"""

import hashlib
import re
from collections.abc import Iterator
from datetime import datetime, timedelta, timezone
from itertools import chain, islice

from analytics.ingestion.files.source import START, FileProblem, Mark, Row, Source, message_id
from analytics.ingestion.normalize import RawCall

# How many lines may be unreadable at the start before the file is taken for something else.
_TRIAL = 100
_QUOTED = r'"((?:[^"\\]|\\.)*)"'
_LINE = re.compile(
    rf"(?P<address>\S+) \S+ (?P<user>.*?) \[(?P<time>[^\]]+)\] {_QUOTED} (?P<status>\d{{3}}) (?P<bytes>\d+|-) "
    rf"{_QUOTED} {_QUOTED}"
)
_TIME = re.compile(r"(\d\d)/([A-Z][a-z]{2})/(\d{4}):(\d\d):(\d\d):(\d\d) ([+-])(\d\d)(\d\d)")
_REQUEST = re.compile(r"([A-Z]{2,20}) (\S+)(?: HTTP/[\d.]+)?")
_MONTHS = {
    name: number
    for number, name in enumerate(
        ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"), start=1
    )
}


def rows(source: Source, *, visitor_key: bytes, host: str = "", start: Mark = START) -> Iterator[Row]:
    """The page views of a log. `host` is the site's own, so that its pages are not taken for referrers.

    Raises FileProblem where none of the first lines is one of a combined log.
    """
    lines = enumerate(source.lines(start.offset), start=start.line + 1)
    found = (_row(number, line, visitor_key, host, Mark(source.offset, number)) for number, line in lines)
    if start != START:
        return found
    trial = list(islice(found, _TRIAL))
    if all(row.call is None for row in trial):
        raise FileProblem(f"{source.name} is not an access log in the combined format: {trial[0].reason}.")
    return chain(trial, found)


def _row(number: int, raw: bytes, visitor_key: bytes, host: str, after: Mark) -> Row:
    line = raw.decode(errors="replace").rstrip("\r\n")
    match = _LINE.match(line)
    if match is None:
        return Row(number, None, "not a whole line of the combined format", after)
    address, user, time, request, status, size, referrer, user_agent = match.groups()
    moment = _moment(time)
    if moment is None:
        return Row(number, None, f"'{time}' is not a time such as 17/May/2015:10:05:03 +0000", after)
    method, page = _target(request, host)
    page["referrer"] = "" if referrer == "-" else referrer
    call: RawCall = {
        "type": "page",
        "messageId": message_id(number, line),
        "timestamp": moment,
        "anonymousId": _visitor(visitor_key, address, user_agent),
        "userId": "" if user == "-" else user,
        "properties": {"method": method, "status": int(status), "bytes": 0 if size == "-" else int(size)},
        "context": {"userAgent": "" if user_agent == "-" else user_agent, "page": page},
    }
    return Row(number, call, after=after)


def _target(request: str, host: str) -> tuple[str, dict[str, str]]:
    """Method and page of a request; a request that is none (`-`, TLS on the wrong port) has no page."""
    match = _REQUEST.fullmatch(request)
    if match is None:
        return "", {}
    method, target = match.groups()
    if target.startswith(("http://", "https://")):
        return method, {"url": target}
    if host and target.startswith("/"):
        return method, {"url": f"https://{host}{target}"}
    path, _, search = target.partition("?")
    return method, {"path": path, "search": search}


def _moment(text: str) -> str | None:
    match = _TIME.fullmatch(text)
    if match is None or match[2] not in _MONTHS:
        return None
    day, _, year, hour, minute, second, sign, hours, minutes = match.groups()
    ahead = timedelta(hours=int(hours), minutes=int(minutes))
    try:
        zone = timezone(-ahead if sign == "-" else ahead)
        moment = datetime(int(year), _MONTHS[match[2]], int(day), int(hour), int(minute), int(second), tzinfo=zone)
    except ValueError:
        return None
    return moment.isoformat()


def _visitor(key: bytes, address: str, user_agent: str) -> str:
    content = f"{address}\n{user_agent}".encode()
    return hashlib.blake2b(content, key=key, digest_size=16).hexdigest()
