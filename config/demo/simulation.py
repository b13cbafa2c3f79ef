"""The demo's product over its days: who comes when, and the calls that this makes, in the order of time.

No Django here. Everything is drawn from one seeded generator, so a seed, a size and a "now" fix every call.
"""

import bisect
from collections import defaultdict
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from config.demo import draws, people, product, traffic, website
from config.demo.people import Account, Member
from config.demo.places import BOT_AGENTS, MOBILE_AGENTS, PLACES, WEB_HOURS, WEEKDAYS, WORK_HOURS, Place
from config.demo.recording import Call, Device, Recording, Timed, from_server, stamped
from config.demo.traffic import DAYS, Source

# How many calls the expected visits of `traffic` come to; a demo of another size scales them.
_CALLS_AT_FULL_SIZE = 240_000
_ACCOUNTS_AT_START = 330
# No place of the demo is further ahead of UTC.
_AHEAD = timedelta(hours=14)


def generate(*, seed: int, events: int, now: datetime) -> Iterator[tuple[datetime, Call]]:
    """About `events` calls of the 70 days up to `now`, each with the time at which the server gets it.

    Sessions that would not be over at `now` are left out whole. At no time are more than some two days held.
    """
    world = World(seed=seed, scale=events / _CALLS_AT_FULL_SIZE, now=now)
    for number, timed in enumerate(_in_order(world)):
        yield stamped(timed, number, seed)


def _in_order(world: "World") -> Iterator[Timed]:
    pending: list[Timed] = []
    # One day more: it has begun already in the places ahead of UTC.
    for day in range(DAYS + 1):
        pending += world.calls_of(day)
        pending.sort(key=_clock)
        done = bisect.bisect_left(pending, world.start_of(day + 1) - _milliseconds(_AHEAD), key=_clock)
        yield from pending[:done]
        del pending[:done]
    yield from pending


def _clock(timed: Timed) -> int:
    return timed[0]


def _milliseconds(span: timedelta) -> int:
    return span // timedelta(milliseconds=1)


class World:
    """Everybody there is, and what is planned for later days."""

    def __init__(self, *, seed: int, scale: float, now: datetime) -> None:
        self.rng = draws.seeded(seed)
        self.scale = scale
        self.end = int(now.timestamp() * 1000)
        self.first = now.astimezone(UTC).date() - timedelta(days=DAYS - 1)
        self.members: list[Member] = []
        self.accounts: list[Account] = []
        self.returns: dict[int, list[tuple[Device, Source]]] = defaultdict(list)
        self.invitations: dict[int, list[tuple[Account, Place, str]]] = defaultdict(list)
        self.customers_from_before()

    def date_of(self, day: int) -> date:
        return self.first + timedelta(days=day)

    def start_of(self, day: int) -> int:
        """Midnight in UTC, in ms."""
        return int(datetime.combine(self.date_of(day), time(), UTC).timestamp() * 1000)

    def calls_of(self, day: int) -> list[Timed]:
        """The calls of all sessions that begin on this day, each in its visitor's own time zone."""
        rhythm = WEEKDAYS[self.date_of(day).weekday()]
        sessions: list[list[Timed]] = []
        steps: tuple[Callable[[int, float, list[list[Timed]]], None], ...] = (
            self._newcomers, self._comebacks, self._invited, self._members, self._renewals, self._crawlers,
        )  # fmt: skip
        for step in steps:
            step(day, rhythm, sessions)
        return [timed for session in sessions if session and session[-1][0] <= self.end for timed in session]

    def customers_from_before(self) -> None:
        """Accounts and members that the product had already when the data begins."""
        for _ in range(draws.count(self.rng, _ACCOUNTS_AT_START * self.scale)):
            account = self._account()
            if self.rng.random() < 0.6:
                account.plan = "team"
                account.renews = self.rng.randrange(30)
            place = PLACES.draw(self.rng)
            for _ in range(self.rng.randint(1, 7)):
                member = self._member(account, people.desk(self.rng, place), since=-self.rng.randint(1, 200))
                member.stage = self.rng.choice((1, 2, 2))

    def _newcomers(self, day: int, rhythm: float, sessions: list[list[Timed]]) -> None:
        for source, expected in traffic.visits(day, self.date_of(day).weekday(), rhythm):
            for _ in range(draws.count(self.rng, expected * self.scale)):
                agents = MOBILE_AGENTS if self.rng.random() < source.mobile else None
                place = PLACES.draw(self.rng)
                device = (
                    Device.made(self.rng, agents.draw(self.rng), place) if agents else people.desk(self.rng, place)
                )
                sessions.append(self._visit(day, device, source))

    def _comebacks(self, day: int, _rhythm: float, sessions: list[list[Timed]]) -> None:
        sessions += [self._visit(day, device, source) for device, source in self.returns.pop(day, [])]

    def _visit(self, day: int, device: Device, source: Source) -> list[Timed]:
        recording = self._open(day, device, WEB_HOURS)
        stayed = website.look_around(recording, source, self.rng.choice(source.landings))
        if stayed and website.tries_sign_up(recording, source):
            member = self._member(self._account(), device, since=day)
            name = dict(source.campaign).get("source", source.referrer)
            website.sign_up(recording, member, name or "direct")
            product.first_steps(recording, member)
        elif self.rng.random() < (0.3 if stayed else 0.08):
            again = traffic.DIRECT if self.rng.random() < 0.7 else traffic.GOOGLE
            self.returns[day + 1 + int(self.rng.expovariate(0.25))].append((device, again))
        return recording.calls

    def _invited(self, day: int, _rhythm: float, sessions: list[list[Timed]]) -> None:
        for account, place, invitation in self.invitations.pop(day, []):
            device = people.desk(self.rng, place)
            recording = self._open(day, device, WORK_HOURS)
            member = self._member(account, device, since=day)
            # Colleagues work in projects that are there, and rarely invite others.
            member.stage = 2
            product.accept_invitation(recording, member, invitation)
            sessions.append(recording.calls)

    def _members(self, day: int, rhythm: float, sessions: list[list[Timed]]) -> None:
        for member in self.members:
            active = member.activity(day) * rhythm
            if member.since >= day or self.rng.random() >= active:
                continue
            sessions.append(self._work(day, member))
            if self.rng.random() < 0.3:
                sessions.append(self._work(day, member))

    def _work(self, day: int, member: Member) -> list[Timed]:
        phone = member.phone if member.phone and self.rng.random() < 0.2 else None
        recording = self._open(day, phone or member.device, WORK_HOURS)
        if phone is not None and not member.phone_known:
            member.phone_known = True
            product.log_in(recording, member)
        elif self.rng.random() < 0.06:
            product.log_in(recording, member)
        recording.user_id, recording.group_id = member.id, member.account.id
        if product.work(recording, member):
            recording.calls.append(self._plan_invitation(day, recording, member))
        return recording.calls

    def _plan_invitation(self, day: int, recording: Recording, member: Member) -> Timed:
        """The backend delivers the invitation's mail; most are accepted within days."""
        invitation = f"inv_{self.rng.getrandbits(40):010x}"
        if self.rng.random() < 0.7:
            self.invitations[day + 1 + int(self.rng.expovariate(0.8))].append(
                (member.account, recording.device.place, invitation)
            )
        return from_server(recording.clock, invitation, "invitation_delivered", plan=member.account.plan)

    def _renewals(self, day: int, _rhythm: float, sessions: list[list[Timed]]) -> None:
        """Payments are taken by the backend at 03:00 UTC."""
        for account in self.accounts:
            if account.plan == "free" or account.renews != day:
                continue
            account.renews = day + 30
            payer = next(member for member in self.members if member.account is account)
            clock = self.start_of(day) + _milliseconds(timedelta(hours=3, seconds=self.rng.randrange(600)))
            bill = {"plan": account.plan, "seats": account.seats, "revenue": account.monthly, "currency": "USD"}
            sessions.append([from_server(clock, payer.id, "subscription_renewed", **bill)])

    def _crawlers(self, day: int, _rhythm: float, sessions: list[list[Timed]]) -> None:
        for _ in range(draws.count(self.rng, 9 * self.scale)):
            device = Device.made(self.rng, BOT_AGENTS.draw(self.rng), PLACES.draw(self.rng))
            recording = self._open(day, device, WEB_HOURS)
            for path in self.rng.sample(("/", "/pricing", "/customers", "/blog", "/about", "/integrations"), 4):
                recording.page(path)
                recording.wait(3)
            sessions.append(recording.calls)

    def _account(self) -> Account:
        account = people.opened(self.rng, number=len(self.accounts) + 1)
        self.accounts.append(account)
        return account

    def _member(self, account: Account, device: Device, *, since: int) -> Member:
        number = len(self.members) + 1
        member = people.hired(self.rng, number=number, account=account, device=device, since=since)
        self.members.append(member)
        return member

    def _open(self, day: int, device: Device, hours: draws.Weighted[int]) -> Recording:
        """A session that begins at an hour of the visitor's own clock."""
        begins = datetime.combine(
            self.date_of(day), time(hours.draw(self.rng), self.rng.randrange(60), self.rng.randrange(60))
        )
        clock = begins.replace(tzinfo=ZoneInfo(device.place.zone)).timestamp()
        return Recording(self.rng, device, int(clock * 1000) + self.rng.randrange(1000), day)
