"""Who is in the cohorts that a query names, read once for each membership and kept in the process."""

import json
import threading
import zlib
from collections import OrderedDict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

import pyarrow as pa
from django.db.models import F, QuerySet

from accounts.errors import FieldError, Invalid, NotReady
from analytics.contracts import number_of
from analytics.models import Cohort, CohortPart
from analytics.store.known import Membership

# Of the members that a process keeps.
MOST_BYTES = 64 * 1024 * 1024
UNKNOWN = "There is no such cohort."
# Beat looks that often for what is to be computed.
_RETRY_SECONDS = 5
_FIELDS = ("id", "name", "membership", "size", "as_of")


@dataclass(frozen=True, slots=True)
class Members:
    """The numbers of the people in each cohort, by its id, and what these are."""

    numbers: Mapping[int, pa.Array]
    memberships: tuple[Membership, ...]


NOBODY = Members(MappingProxyType({}), ())


class _Kept:
    """Numbers of members by cohort, those of the latest membership; the longest unused goes first."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._arrays: OrderedDict[int, tuple[int, pa.Array]] = OrderedDict()

    def get(self, cohort_id: int, membership: int) -> pa.Array | None:
        with self._lock:
            known, found = self._arrays.get(cohort_id, (None, None))
            if known != membership:
                return None
            self._arrays.move_to_end(cohort_id)
            return found

    def put(self, cohort_id: int, membership: int, numbers: pa.Array) -> None:
        with self._lock:
            self._arrays[cohort_id] = (membership, numbers)
            self._arrays.move_to_end(cohort_id)
            while len(self._arrays) > 1 and sum(kept.nbytes for _, kept in self._arrays.values()) > MOST_BYTES:
                self._arrays.popitem(last=False)


_KEPT = _Kept()


def used(project_id: int, cohorts: Mapping[int, str]) -> tuple[Membership, ...]:
    """The memberships of these cohorts (id → the field that names it) as they are now, by id.

    Raises Invalid for one that the project does not have, and NotReady for one that was never computed.
    """
    rows = found(project_id, cohorts)
    return tuple(_membership(rows[cohort], cohorts[cohort]) for cohort in sorted(rows))


def found(project_id: int, cohorts: Mapping[int, str]) -> dict[int, Cohort]:
    """These cohorts (id → the field that names it) by id. Raises Invalid for one that is not the project's."""
    if not cohorts:
        return {}
    known = Cohort.objects.of(project_id).filter(pk__in=cohorts).only(*_FIELDS, "problem")
    rows = {row.pk: row for row in known}
    if unknown := [FieldError(path, UNKNOWN) for cohort, path in cohorts.items() if cohort not in rows]:
        raise Invalid(UNKNOWN, fields=unknown)
    return rows


def _membership(row: Cohort, path: str) -> Membership:
    if row.as_of is None:
        message = f"The cohort “{row.name}” is being computed for the first time. Try again in a moment."
        if row.problem:
            message = f"The cohort “{row.name}” could not be computed yet: {row.problem}"
        raise NotReady(message, fields=[FieldError(path, message)], retry_after=_RETRY_SECONDS)
    return Membership(row.pk, row.name, row.membership, row.size, row.as_of)


def members(project_id: int, cohorts: Mapping[int, str]) -> Members:
    """Who is in these cohorts now. Raises as `used` does."""
    if not cohorts:
        return NOBODY
    while True:
        memberships = used(project_id, cohorts)
        arrays = {item.id: _numbers(item) for item in memberships}
        numbers = {cohort: array for cohort, array in arrays.items() if array is not None}
        # Where one was computed anew between the two looks, its parts are gone.
        if len(numbers) == len(arrays):
            return Members(numbers, memberships)


def _numbers(item: Membership) -> pa.Array | None:
    """The numbers of a membership's people; None where it is not the current one any more."""
    kept = _KEPT.get(item.id, item.membership)
    if kept is not None:
        return kept
    parts = CohortPart.objects.filter(cohort=item.id, membership=item.membership).order_by("first")
    numbers = joined(parts.values_list("numbers", flat=True))
    if not Cohort.objects.filter(pk=item.id, membership=item.membership).exists():
        return None
    _KEPT.put(item.id, item.membership, numbers)
    return numbers


def holding(project_id: int, ids: Iterable[str]) -> list[str]:
    """The names of the cohorts that have somebody of these ids among their members or on their list."""
    wanted = list(ids)
    names = set(Cohort.objects.of(project_id).filter(people__overlap=wanted).values_list("name", flat=True))
    for number in map(number_of, wanted):
        parts = CohortPart.objects.filter(cohort__project=project_id, membership=F("cohort__membership"))
        for part in parts.filter(first__lte=number, last__gte=number).select_related("cohort"):
            if number in joined([part.numbers]).to_pylist():
                names.add(part.cohort.name)
    return sorted(names)


def joined(parts: Iterable[bytes | memoryview]) -> pa.Array:
    """The numbers of parts, one after the other."""
    content = b"".join(parts)
    return pa.Array.from_buffers(pa.int64(), len(content) // 8, [None, pa.py_buffer(content)])


def names_of(part: CohortPart) -> list[str]:
    """The ids of a part's members, in the order of their numbers."""
    found: list[str] = json.loads(zlib.decompress(part.names))
    return found


def current(cohort: Cohort) -> "QuerySet[CohortPart]":
    """The parts that count, in their order."""
    return CohortPart.objects.filter(cohort=cohort, membership=F("cohort__membership")).order_by("first")
