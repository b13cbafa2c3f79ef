"""Write who is in a cohort: a new membership as a whole, or without some people."""

import json
import zlib
from array import array
from collections.abc import Collection

from django.db.models import Q

from analytics.cohorts.measure import People
from analytics.contracts import number_of
from analytics.models import Cohort, CohortPart
from analytics.queries.cohort_members import current, joined, names_of

PART = 20_000


def replace(cohort: Cohort, people: People) -> bool:
    """Make these the members, in the order of their numbers; whether anything changed.

    The caller holds the cohort's row and saves it.
    """
    numbers = array("q", (number for number, _ in people)).tobytes()
    if joined(current(cohort).values_list("numbers", flat=True)).equals(joined([numbers])):
        return False
    cohort.parts.all().delete()
    cohort.membership, cohort.size = cohort.membership + 1, len(people)
    CohortPart.objects.bulk_create(
        (_part(cohort, people[start : start + PART]) for start in range(0, len(people), PART)), batch_size=20
    )
    return True


def _part(cohort: Cohort, people: People) -> CohortPart:
    numbers, names = zip(*people, strict=True)
    return CohortPart(
        cohort=cohort,
        membership=cohort.membership,
        first=numbers[0],
        last=numbers[-1],
        numbers=array("q", numbers).tobytes(),
        names=zlib.compress(json.dumps(names, ensure_ascii=False).encode(), 1),
    )


def forget(*, project_id: int, ids: Collection[str]) -> None:
    """Take whoever goes by one of these ids out of every membership and every list.

    The caller holds the project's manifest, as whoever writes a new membership does.
    """
    gone = frozenset(ids)
    cohorts = Cohort.objects.of(project_id).select_for_update().order_by("pk")
    for cohort in cohorts.filter(Q(people__overlap=[*gone]) | Q(unknown_people__overlap=[*gone])):
        listed = cohort.people
        cohort.people = [item for item in listed if item not in gone] if listed is not None else None
        cohort.unknown_people = [item for item in cohort.unknown_people if item not in gone]
        cohort.save(update_fields=["people", "unknown_people"])
    for number in {number_of(identifier) for identifier in gone}:
        holding = CohortPart.objects.filter(first__lte=number, last__gte=number).values("cohort")
        for cohort in cohorts.filter(pk__in=holding):
            _without(cohort, number)


def _without(cohort: Cohort, number: int) -> None:
    part = current(cohort).filter(first__lte=number, last__gte=number).first()
    numbers = joined([part.numbers]).to_pylist() if part else []
    if part is None or number not in numbers:
        return
    left = [pair for pair in zip(numbers, names_of(part), strict=True) if pair[0] != number]
    part.delete()
    # What processes keep of the membership is not of this one.
    earlier, cohort.membership = cohort.membership, cohort.membership + 1
    cohort.parts.filter(membership=earlier).update(membership=cohort.membership)
    if left:
        _part(cohort, left).save()
    cohort.size -= 1
    cohort.save(update_fields=["membership", "size"])
