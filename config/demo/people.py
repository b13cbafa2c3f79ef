"""The demo's accounts and the people who use the product. No Django here."""

import math
import random
from dataclasses import dataclass

from config.demo import pages
from config.demo.places import MOBILE_AGENTS, WORK_AGENTS, Place
from config.demo.recording import Device


@dataclass(slots=True)
class Account:
    """A customer: `plan` is "free" until somebody upgrades; `renews` is the day of the month's next payment."""

    id: str
    name: str
    industry: str
    seats: int
    plan: str = "free"
    renews: int = -1

    @property
    def traits(self) -> dict[str, str | int]:
        return {"name": self.name, "industry": self.industry, "plan": self.plan, "seats": self.seats}

    @property
    def monthly(self) -> float:
        """The price of a month in US dollars."""
        return pages.PRICES[self.plan] * self.seats


@dataclass(slots=True)
class Member:
    """A user of the product.

    `since` is the day of sign-up (negative: before the data begins), `habit` the chance of a working day's visit
    while the product is new to them, `stage` how far they are in activation: 0 signed up, 1 has a project,
    2 has invited somebody. `eager` orders who takes up a new feature first, from 0 to 1.
    """

    id: str
    account: Account
    device: Device
    since: int
    habit: float
    eager: float
    stage: int = 0
    phone: Device | None = None
    phone_known: bool = False

    def activity(self, day: int) -> float:
        """The chance of a visit on a day of full rhythm: it decays with age, and slower for who got further."""
        age = max(day - self.since, 0)
        loyalty = (1.7, 1.15, 0.62)[self.stage]
        return self.habit * math.pow(1 + age / 4, -loyalty)


def hired(rng: random.Random, *, number: int, account: Account, device: Device, since: int) -> Member:
    """A new member; a quarter of them will also use a phone."""
    member = Member(
        id=f"usr_{number:05d}",
        account=account,
        device=device,
        since=since,
        habit=rng.uniform(0.35, 0.95),
        eager=rng.random(),
    )
    if rng.random() < 0.25:
        member.phone = Device.made(rng, MOBILE_AGENTS.draw(rng), device.place)
    return member


def opened(rng: random.Random, *, number: int) -> Account:
    """A new account, still on the free plan."""
    name = f"{rng.choice(_FIRST)} {rng.choice(_SECOND)}"
    return Account(
        id=f"acc_{number:05d}",
        name=name,
        industry=pages.INDUSTRIES.draw(rng),
        seats=max(3, int(rng.lognormvariate(2.1, 0.6))),
    )


def desk(rng: random.Random, place: Place) -> Device:
    return Device.made(rng, WORK_AGENTS.draw(rng), place)


_FIRST = (
    "Alder",
    "Beacon",
    "Cobalt",
    "Delta",
    "Ember",
    "Fjord",
    "Granite",
    "Harbor",
    "Indigo",
    "Juniper",
    "Keystone",
)
_SECOND = (
    "Labs",
    "Works",
    "Foods",
    "Health",
    "Capital",
    "Media",
    "Systems",
    "Logistics",
    "Studio",
    "Energy",
    "Travel",
)
