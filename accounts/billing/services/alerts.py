"""Tell organizations that the tokens of their plan, or what they may spend, come to their end."""

from collections.abc import Iterable
from datetime import datetime
from functools import partial

from django.conf import settings
from django.db.models import Q
from django.urls import reverse
from django.utils import timezone

from accounts.billing import micro, usage_words
from accounts.billing.queries.spending import Spending, all_capped, name_of
from accounts.billing.queries.token_quota import TokenStanding, token_standing
from accounts.billing.services import notices
from accounts.billing.services.notices import WHO_CAN_ACT, WHO_PAYS, Reached
from accounts.billing.thresholds import FULL, HALF, reached
from accounts.letters import Letter
from accounts.models import Organization, Plan


def tell_all(*, now: datetime | None = None) -> int:
    """Write to every organization that has reached a threshold since the last run; how many mails."""
    moment = now or timezone.now()
    return sum(notices.tell(found) for pk in _concerned() for found in _reached(pk, moment))


def _concerned() -> list[int]:
    """Those with a cap, or with a quota of tokens."""
    with_quota = Q(plan__llm_tokens_a_month__isnull=False)
    if Plan.objects.default().filter(llm_tokens_a_month__isnull=False).exists():
        with_quota |= Q(plan=None)
    found = Organization.objects.filter(with_quota | Q(spending_caps__isnull=False))
    return list(found.order_by("pk").values_list("pk", flat=True).distinct())


def _reached(organization_id: int, now: datetime) -> Iterable[Reached]:
    tokens = token_standing(organization_id, now=now)
    if tokens and (percents := _of_tokens(tokens)):
        letter = partial(_tokens, tokens, max(percents))
        yield Reached(organization_id, tokens.month, "tokens", percents, WHO_CAN_ACT, letter)
    for found in all_capped(organization_id, now=now):
        # What is held may still be given back: people are told of what is spent.
        if found.cap and (percents := reached(found.spent, found.cap)):
            letter = partial(_spending, found, max(percents))
            yield Reached(organization_id, found.month, _subject(found), percents, WHO_PAYS, letter)


def _of_tokens(found: TokenStanding) -> list[int]:
    own = {HALF, found.limits.warn_from, FULL, found.limits.refuse_from or FULL}
    return reached(found.used, found.quota, own)


def _tokens(found: TokenStanding, percent: int, organization: Organization) -> Letter:
    return Letter(
        subject=f"{percent} % of the month's tokens are used: {organization.name}",
        heading=f"{percent} % of the month's tokens are used",
        paragraphs=(
            (
                f"{organization.name} has used {found.used:,} of {found.quota:,} tokens of the plan "
                f"{found.limits.plan}. They begin anew on {usage_words.moment(found.resets_at)}. "
                + usage_words.what_tokens_do(found)
            ),
        ),
        label="See what uses them",
        address=_address(organization),
        why=_why("an owner or admin", organization),
    )


def _subject(found: Spending) -> str:
    number = found.project_id or found.secret_key_id
    return f"cost:{found.currency}" + (f":{found.of}:{number}" if number else "")


def _spending(found: Spending, percent: int, organization: Organization) -> Letter:
    cap, spent = (micro.written(amount, found.currency) for amount in (found.cap or 0, found.spent))
    whose = name_of(found, organization)
    of = f" of {whose}" if whose else ""
    by = {"project": f"{organization.name} has in {whose}", "key": f"{organization.name} has with {whose}"}
    return Letter(
        subject=f"{percent} % of the spending cap{of} is spent: {organization.name}",
        heading=f"{percent} % of the spending cap{of} is spent",
        paragraphs=(
            (
                f"{by.get(found.of, f'{organization.name} has')} spent {spent} on models this month, of a cap of "
                f"{cap}. A job that could exceed the cap is refused. A new month begins on "
                f"{usage_words.moment(found.resets_at)}; the cap can be raised any time."
            ),
        ),
        label="See usage and caps",
        address=_address(organization),
        why=_why("an owner, or have the role Billing", organization),
    )


def _why(who: str, organization: Organization) -> str:
    return (
        f"You get this because you are {who}, of {organization.name}. There is one such mail a month for each "
        "threshold."
    )


def _address(organization: Organization) -> str:
    return str(settings.BASE_URL) + reverse("settings_usage", args=[organization.slug])
