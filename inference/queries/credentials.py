"""Organizations' own keys for providers."""

from collections.abc import Collection

from inference.models import Credential


def revoked_among(ids: Collection[int]) -> set[int]:
    """Those of these that are not to be used any more."""
    return set(ids).difference(Credential.objects.filter(pk__in=ids, revoked_at=None).values_list("pk", flat=True))
