"""How an organization stands: its plan, what it pays, and what it has room for; in words for people."""

from dataclasses import dataclass
from datetime import date, datetime

from django.db.models import Count

from accounts.billing.features import Feature
from accounts.billing.limits import seats_used
from accounts.billing.months import in_words, month_after, month_of
from accounts.billing.queries.invoices import usage_between
from accounts.billing.queries.subscriptions import open_of
from accounts.models import Organization, PlanRequest, Subscription
from accounts.queries.plans import Limits, default_name, limits_of

State = Subscription.State


@dataclass(frozen=True, slots=True)
class Room:
    """One quantity of the plan: how much is used, of how much (None: no limit)."""

    label: str
    used: int
    allowed: int | None

    @property
    def is_over(self) -> bool:
        return self.allowed is not None and self.used > self.allowed

    @property
    def is_full(self) -> bool:
        return self.allowed is not None and self.used >= self.allowed


@dataclass(frozen=True, slots=True)
class Standing:
    """`tone` is `good`, `warn` or `bad`, as tags and notices have it."""

    plan: str
    subscription: Subscription | None
    request: PlanRequest | None
    headline: str
    tone: str
    sentences: tuple[str, ...]
    rooms: tuple[Room, ...]
    features: tuple[tuple[str, bool], ...]
    # When events and tokens begin anew.
    resets_on: date

    @property
    def may_choose(self) -> bool:
        """Whether another plan can be taken now; else something is to be done first."""
        found = self.subscription
        settled = found is None or (
            found.state not in {State.PAST_DUE, State.PAUSED} and not found.cancel_at_period_end
        )
        return settled and self.request is None


def standing(organization: Organization, *, now: datetime) -> Standing:
    limits, found = limits_of(organization.pk), open_of(organization)
    asked = PlanRequest.objects.open().filter(organization=organization).first()
    headline, tone, sentences = _words(found, now) if found else ("", "good", ())
    if asked:
        price = asked.price
        wish = f"You have asked for the plan {price.plan.name}, {price.written_amount} a {price.interval}, on "
        wish += f"{in_words(asked.created_at)}. Whoever runs this installation will say yes or no."
        sentences += (wish,)
    return Standing(
        plan=limits.plan,
        subscription=found,
        request=asked,
        headline=headline,
        tone=tone,
        sentences=sentences,
        rooms=_rooms(organization, limits, now),
        features=tuple((str(feature.label), feature in limits.features) for feature in Feature),
        resets_on=month_after(month_of(now)),
    )


def _rooms(organization: Organization, limits: Limits, now: datetime) -> tuple[Room, ...]:
    # `projects` is analytics' relation: its name is all that is known of it here.
    counted = Organization.objects.filter(pk=organization.pk).aggregate(found=Count("projects"))
    month = month_of(now)
    used = usage_between(organization.pk, first=month, after=month_after(month))
    return (
        Room("Events this month", used.events, limits.events_a_month),
        Room("LLM tokens this month", used.tokens, limits.llm_tokens_a_month),
        Room("Seats", seats_used(organization), limits.seats),
        Room("Projects", counted["found"], limits.projects),
    )


def _words(found: Subscription, now: datetime) -> tuple[str, str, tuple[str, ...]]:
    """Headline, tone, and sentences on what holds and what comes."""
    costs = f"{found.price.written_amount} a {found.price.interval}"
    label = str(State(found.state).label)
    by_invoice = found.provider == Subscription.Provider.MANUAL
    paid = "by invoice; this period ends on" if by_invoice else "paid until"
    if found.cancel_at_period_end:
        ends = in_words(found.period_end)
        after = f"The plan ends on {ends}. Then {default_name()} holds; nothing is deleted by that."
        return "Cancelled", "warn", (after,)
    if found.state == State.TRIALING and found.trial_ends_at:
        return label, "good", (f"You pay nothing until {in_words(found.trial_ends_at)}, then {costs}.",)
    if found.state == State.PAST_DUE and found.grace_ends_at:
        since = in_words(found.past_due_since or now)
        failed = (
            f"An invoice is overdue since {since}. "
            if by_invoice
            else f"A payment did not go through on {since}. "
        )
        failed += "Nothing changes until "
        return (
            label,
            "bad",
            (f"{failed}{in_words(found.grace_ends_at)}; after that the plan {default_name()} holds.",),
        )
    if found.state == State.PAUSED:
        return label, "warn", (f"You pay nothing, and {default_name()} holds until you resume {found.plan.name}.",)
    return (
        label,
        "good",
        () if found.price.terms().is_free else (f"{costs}, {paid} {in_words(found.period_end)}.",),
    )
