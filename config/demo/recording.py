"""One session in one browser, written down as the Segment calls that its script would send. No Django here."""

import random
import uuid
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from config.demo import draws, traffic
from config.demo.pages import TITLES
from config.demo.places import Agent, Place

# A call as the tracking script sends it (`docs` of Segment, "Common fields"), beside its time in ms since 1970.
Call = dict[str, Any]
Timed = tuple[int, Call]

_BROWSER_LIBRARY = {"name": "analytics.js", "version": "npm:next-1.81.0"}
_SERVER_LIBRARY = {"name": "segment-analytics-python", "version": "2.4.0"}


@dataclass(slots=True)
class Device:
    """A browser with the id in its cookie; `context` is what its script adds to every call."""

    anonymous_id: str
    place: Place
    context: dict[str, Any]

    @classmethod
    def made(cls, rng: random.Random, agent: Agent, place: Place) -> "Device":
        context = {
            "userAgent": agent.text,
            "locale": place.locale,
            "timezone": place.zone,
            "screen": {"width": agent.width, "height": agent.height},
            "library": _BROWSER_LIBRARY,
        }
        anonymous_id = str(uuid.UUID(int=rng.getrandbits(128), version=4))
        return cls(anonymous_id=anonymous_id, place=place, context=context)


@dataclass(slots=True)
class Recording:
    """The calls of one session so far, its clock (ms) and where it stands. Calls share parts; read only."""

    rng: random.Random
    device: Device
    clock: int
    day: int
    user_id: str = ""
    group_id: str = ""
    calls: list[Timed] = field(default_factory=list)
    _context: dict[str, Any] = field(default_factory=dict)
    _url: str = ""

    def wait(self, median: float) -> None:
        """Let time pass: around a median in seconds, never longer than a session's gap."""
        self.clock += draws.gap(self.rng, median)

    def page(
        self, path: str, *, referrer: str = "", campaign: tuple[tuple[str, str], ...] = (), shown: str = ""
    ) -> None:
        """A view; `shown` is the address's path where it carries an id. Without a referrer: the page before."""
        host = traffic.APP_HOST if self.user_id else traffic.HOST
        search = "?" + "&".join(f"utm_{_parameter(key)}={value}" for key, value in campaign) if campaign else ""
        url = f"{host}{shown or path}"
        page = {
            "path": shown or path,
            "search": search,
            "title": TITLES[path],
            "url": url + search,
            "referrer": referrer or self._url,
        }
        self._url = url
        self._context = {**self.device.context, "page": page}
        if campaign:
            self._context["campaign"] = dict(campaign)
        if self.group_id:
            self._context["groupId"] = self.group_id
        self._add({"type": "page", "name": TITLES[path], "properties": {"load_ms": self._load_time()}})

    def track(self, event: str, **properties: Any) -> None:
        if self.user_id:
            properties["app_version"] = traffic.version(self.day)
        self._add({"type": "track", "event": event, "properties": properties})

    def identify(self, user_id: str, **traits: Any) -> None:
        """From here on the session is this user's."""
        self.user_id = user_id
        self._add({"type": "identify", "traits": traits})

    def group(self, group_id: str, **traits: Any) -> None:
        """From here on the session belongs to this account."""
        self.group_id = group_id
        self._context = {**self._context, "groupId": group_id}
        self._add({"type": "group", "groupId": group_id, "traits": traits})

    def alias(self, previous_id: str) -> None:
        self._add({"type": "alias", "previousId": previous_id})

    def _add(self, call: Call) -> None:
        call["anonymousId"] = self.device.anonymous_id
        if self.user_id:
            call["userId"] = self.user_id
        call["context"] = self._context
        self.calls.append((self.clock, call))
        self.clock += 40

    def _load_time(self) -> int:
        """Milliseconds until the page was shown; the fast release halves them."""
        median = 820 if self.day >= traffic.FAST_DAY else 1750
        return int(median * self.rng.lognormvariate(0, 0.35))


def from_server(clock: int, user_id: str, event: str, **properties: Any) -> Timed:
    """A track call of the product's own backend: it knows the user and has no browser."""
    call = {"type": "track", "event": event, "userId": user_id, "properties": properties}
    return clock, {**call, "context": {"library": _SERVER_LIBRARY}}


def stamped(timed: Timed, number: int, seed: int) -> tuple[datetime, Call]:
    """The call with its message id and timestamp, and when the server gets it (200 ms later)."""
    clock, call = timed
    text = datetime.fromtimestamp(clock / 1000, UTC).isoformat(timespec="milliseconds")
    call["messageId"] = f"quillboard-{seed}-{number:07d}"
    call["timestamp"] = text.replace("+00:00", "Z")
    return datetime.fromtimestamp((clock + 200) / 1000, UTC), call


def _parameter(key: str) -> str:
    return "campaign" if key == "name" else key
