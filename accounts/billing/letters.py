"""E-mails of billing, as letters; to whom they go, and what they say."""

from datetime import datetime

from django.conf import settings
from django.urls import reverse

from accounts.billing.months import in_words
from accounts.letters import Letter, moment
from accounts.models import BillingProfile, Membership, Organization, Subscription
from accounts.permissions import Capability, roles_with
from accounts.queries.plans import default_name
from accounts.services import mail

# The label of a letter's link, and the page that it leads to.
_PLAN = ("See the plan", "settings_plan")
_INVOICES = ("See the invoices", "settings_invoices")


def tell(organization: Organization, letter: Letter) -> None:
    """To everybody who may change the payment, and the address of the invoices, on commit."""
    for address in addresses(organization):
        mail.send_on_commit(letter=letter, to=[address])


def addresses(organization: Organization) -> list[str]:
    """Owners and the role billing, and the address of the invoices where one is given; each once."""
    members = Membership.objects.of(organization).filter(
        role__in=roles_with(Capability.MANAGE_BILLING), user__is_active=True
    )
    found = list(members.order_by("user__email").values_list("user__email", flat=True))
    given = BillingProfile.objects.filter(organization=organization).exclude(email="").first()
    return list(dict.fromkeys([*found, given.email] if given else found))


def trial_ends(subscription: Subscription, ends_at: datetime) -> Letter:
    price, organization = subscription.price, subscription.organization
    return _letter(
        organization,
        f"The trial of {organization.name} ends on {in_words(ends_at)}",
        f"The trial of the plan {subscription.plan.name} ends on {moment(ends_at)}. From then on it costs "
        f"{price.written_amount} a {price.interval}.",
        f"Without a payment {organization.name} comes to the plan {default_name()} then. What you stored is kept, "
        "and shown for 30 days at least.",
    )


def payment_failed(subscription: Subscription) -> Letter:
    organization, until = subscription.organization, subscription.grace_ends_at
    if subscription.provider == Subscription.Provider.MANUAL:
        subject = f"An invoice of {organization.name} is overdue"
        what = f"An invoice for the plan {subscription.plan.name} is overdue. Please pay it."
        to = _INVOICES
    else:
        subject = f"A payment for {organization.name} failed"
        what = f"The payment of the plan {subscription.plan.name} did not go through. Please check the card."
        to = _PLAN
    return _letter(
        organization,
        subject,
        what,
        _grace(organization, until) if until else "",
        to=to,
    )


def will_end(subscription: Subscription) -> Letter:
    return _letter(
        subscription.organization,
        f"The plan of {subscription.organization.name} ends on {in_words(subscription.period_end)}",
        f"The plan {subscription.plan.name} was cancelled and ends on {moment(subscription.period_end)}. Until "
        "then nothing changes, and it can be taken back.",
    )


def ended(subscription: Subscription) -> Letter:
    organization, default = subscription.organization, default_name()
    return _letter(
        organization,
        f"The plan of {organization.name} has ended",
        f"The plan {subscription.plan.name} has ended, and {organization.name} is on the plan {default}. What "
        f"{default} would keep for a shorter time is kept for 30 days more.",
    )


def plan_changed(subscription: Subscription, former: str) -> Letter:
    price, name, plan = subscription.price, subscription.organization.name, subscription.plan.name
    costs = f"{_for_nothing_at_first(subscription)}for {price.written_amount} a {price.interval}"
    came = f"from the plan {former} to the plan {plan}" if former else f"to the plan {plan}"
    return _letter(
        subscription.organization,
        f"{name} is on the plan {plan}",
        f"{name} has come {came}, {costs}.",
    )


def _for_nothing_at_first(subscription: Subscription) -> str:
    ends = subscription.trial_ends_at
    if subscription.state != Subscription.State.TRIALING or ends is None:
        return ""
    return f"for nothing until {in_words(ends)}, then "


def request_refused(organization: Organization, plan: str) -> Letter:
    return _letter(
        organization,
        f"{organization.name} does not get the plan {plan}",
        f"Whoever runs this installation has refused the plan {plan}. Nothing was changed.",
    )


def _grace(organization: Organization, until: datetime) -> str:
    return (
        f"Nothing changes until {in_words(until)}: events are taken and everything is shown. After that "
        f"{organization.name} comes to the plan {default_name()}."
    )


def _letter(organization: Organization, subject: str, *paragraphs: str, to: tuple[str, str] = _PLAN) -> Letter:
    label, page = to
    return Letter(
        subject=subject,
        heading=subject,
        paragraphs=tuple(filter(None, paragraphs)),
        label=label,
        address=settings.BASE_URL + reverse(page, args=[organization.slug]),
        why=f"You get this because you look after the payments of {organization.name}.",
    )
