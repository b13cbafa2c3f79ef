"""What an organization pays, and has paid."""

from accounts.models import Organization, Subscription


def open_of(organization: Organization) -> Subscription | None:
    """The one that has not ended."""
    return Subscription.objects.of(organization).open().first()


def had_trial(organization: Organization) -> bool:
    return Subscription.objects.of(organization).exclude(trial_ends_at=None).exists()
