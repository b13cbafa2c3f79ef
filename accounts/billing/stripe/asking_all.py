"""Go through our customers at Stripe and compare what it has of each; the differences as sentences."""

from collections.abc import Callable, Iterable, Iterator
from itertools import islice
from typing import TYPE_CHECKING, Any

from accounts.billing.stripe.client import MissingThere, asking
from accounts.errors import Unavailable
from accounts.models import BillingProfile, Organization

if TYPE_CHECKING:
    from stripe import ListObject

PAGE = 100
# Of one customer; whoever has more is named, and not compared whole.
MOST = 1_000


def of_each(compare: Callable[[Organization, str], Iterable[str]]) -> list[str]:
    """Compare every organization with its customer. Where Stripe does not answer it ends, and says so."""
    found: list[str] = []
    known = BillingProfile.objects.exclude(stripe_customer_id="").select_related("organization")
    for profile in known.order_by("pk").iterator():
        try:
            found += compare(profile.organization, profile.stripe_customer_id)
        except MissingThere:
            found.append(
                f"{profile.organization}: the customer {profile.stripe_customer_id} is missing at Stripe."
            )
        except Unavailable as error:
            found.append(f"{profile.organization} and who follows were not compared: {error.message}")
            break
    return found


def paged(ask: "Callable[[], ListObject[Any]]") -> Iterator[dict[str, Any]]:
    """What a list at Stripe has, page by page, up to MOST and one. Raises as `asking` does."""
    with asking():
        for item in islice(ask().auto_paging_iter(), MOST + 1):
            yield item.to_dict()
