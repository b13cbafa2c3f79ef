"""What members do in the demo's product: activation, everyday work, upgrades. No Django here."""

import math

from config.demo import pages, traffic
from config.demo.people import Account, Member
from config.demo.recording import Recording

_MONTH = 30


def first_steps(recording: Recording, member: Member) -> None:
    """Right after signing up: a look at the empty product, for most a first project."""
    recording.wait(4)
    recording.page("/home")
    if recording.rng.random() < 0.52:
        create_project(recording, member)
        everyday(recording, member, actions=3)


def work(recording: Recording, member: Member) -> bool:
    """A session of somebody who has signed up before; True where a teammate was invited."""
    rng = recording.rng
    recording.page("/home")
    invited = False
    if member.stage == 0 and rng.random() < 0.3:
        create_project(recording, member)
    elif member.stage == 1 and rng.random() < 0.22:
        invite(recording, member)
        invited = True
    elif member.stage == 2 and member.account.plan == "free" and rng.random() < 0.04:
        upgrade(recording, member.account)
    everyday(recording, member, actions=1 + int(rng.expovariate(1 / 4.5)))
    return invited


def log_in(recording: Recording, member: Member) -> None:
    """The form stands on the website's side of the door: its view is still anonymous on a device not yet known."""
    recording.page("/login")
    recording.wait(12)
    recording.identify(member.id, email=f"{member.id}@customers.example")
    recording.track("login", method="password")
    recording.group(member.account.id, **member.account.traits)
    recording.wait(3)


def accept_invitation(recording: Recording, member: Member, invitation: str) -> None:
    """An invited colleague arrives; what the backend knew of them under the invitation's id becomes theirs."""
    recording.page("/invitation", referrer="https://mail.google.com/")
    recording.wait(40)
    recording.identify(member.id, email=f"{member.id}@customers.example", role="member")
    recording.alias(invitation)
    recording.track("invitation_accepted")
    recording.group(member.account.id, **member.account.traits)
    recording.wait(4)
    recording.page("/home")
    everyday(recording, member, actions=3)


def everyday(recording: Recording, member: Member, *, actions: int) -> None:
    for _ in range(actions):
        recording.wait(48)
        path = pages.PRODUCT.draw(recording.rng)
        recording.page(path, shown=_shown(recording, path))
        _use(recording, member, path)


def _use(recording: Recording, member: Member, path: str) -> None:
    rng = recording.rng
    if path == "/reports/editor" and rng.random() < 0.7:
        recording.wait(90)
        recording.track("create_report", template=pages.TEMPLATES.draw(rng), blocks=1 + int(rng.expovariate(0.2)))
    elif path == "/reports" and rng.random() < 0.22:
        recording.wait(15)
        recording.track("export_report", format=pages.EXPORTS.draw(rng))
    elif path == "/reports" and _shares(recording, member):
        recording.wait(10)
        recording.track("report_shared", channel=rng.choice(("link", "link", "email", "slack")))
    elif path == "/dashboards" and rng.random() < 0.16:
        recording.wait(30)
        recording.track("add_widget", kind=rng.choice(("number", "line", "bar", "table")))


def _shares(recording: Recording, member: Member) -> bool:
    """Sharing is there since release 4.8, and taken up by the eager first."""
    age = recording.day - traffic.SHARING_DAY
    return age >= 0 and member.eager < 0.75 * (1 - math.exp(-age / 9)) and recording.rng.random() < 0.6


def create_project(recording: Recording, member: Member) -> None:
    recording.wait(25)
    recording.page("/projects/new")
    recording.wait(45)
    recording.track("create_project", template=pages.TEMPLATES.draw(recording.rng))
    member.stage = 1


def invite(recording: Recording, member: Member) -> None:
    recording.wait(30)
    recording.page("/settings/team")
    recording.wait(25)
    recording.track("invite_teammate", role=pages.ROLES.draw(recording.rng))
    member.stage = 2


def upgrade(recording: Recording, account: Account) -> None:
    rng = recording.rng
    recording.wait(30)
    recording.page("/settings/billing")
    recording.wait(120)
    account.plan = pages.PLANS.draw(rng)
    yearly = rng.random() < 0.3
    account.renews = recording.day + (_MONTH * 12 if yearly else _MONTH)
    recording.track(
        "upgrade",
        plan=account.plan,
        seats=account.seats,
        billing_period="year" if yearly else "month",
        revenue=account.monthly * (10 if yearly else 1),
        currency="USD",
    )
    recording.group(account.id, **account.traits)


def _shown(recording: Recording, path: str) -> str:
    """Lists and editors are at plain paths; a single report or dashboard has its number in the address."""
    if path in {"/dashboards", "/reports"} and recording.rng.random() < 0.25:
        return f"{path}/{recording.rng.randrange(1, 13)}"
    return ""
