"""Reserve before something is done that costs, settle when it is known what it cost, release when it was not done.

    reservations.reserve(account=Account(7), key="job:…", amount=120_000, currency="USD", ttl=DAY)
    …
    reservations.settle(organization_id=7, key="job:…", amount=48_312)     # and post the cost to the ledger

A cap holds however many reserve at once: spent + held never exceeds it, since each of them adds to what is held
under the locks of all caps that hold for it (the organization's, the project's, the key's; locked in the order of
their ids, so that nobody waits in a circle), and settling turns a part of what is held into what is spent in one
transaction. What costs more than was reserved is refused by `settle`, unless whoever settles allows it as it
cannot be undone.
"""

from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from dataclasses import asdict, dataclass
from datetime import date, datetime, timedelta

from django.db import IntegrityError, connection, transaction
from django.db.models import QuerySet
from django.utils import timezone

from accounts.billing import micro
from accounts.billing.months import month_of
from accounts.billing.queries.spending import Spending, holding_for, name_of, under
from accounts.errors import Conflict, SpendingCapReached
from accounts.models import Organization, Reservation, SpendingCap

State = Reservation.State
# After which a reservation that is over is deleted; until then its key is known.
KEPT_FOR = timedelta(days=90)
_SPLIT = """
INSERT INTO accounts_reservation ({columns})
SELECT {values}
FROM accounts_reservation AS held, unnest(%s::text[], %s::bigint[]) AS part (key, amount)
WHERE held.id = %s
"""


@dataclass(frozen=True, slots=True)
class Account:
    """Who spends: an organization, in a project of its own or in none, with a key or without."""

    organization_id: int
    project_id: int | None = None
    secret_key_id: int | None = None


def reserve(
    *, account: Account, key: str, amount: int, currency: str, ttl: timedelta, now: datetime | None = None
) -> Reservation:
    """Hold an amount; the same key with the same amount again finds the reservation that is held.

    Without a cap in this currency it is held, too, so that a cap that is set later knows of it. Raises
    SpendingCapReached where it would exceed a cap, Conflict where the key was used for something else or is
    over, and RuntimeError outside of a transaction: what is reserved for is to be begun in it.
    """
    _in_transaction()
    moment = now or timezone.now()
    caps = list(_caps(account, currency).select_for_update().order_by("pk"))
    if known := Reservation.objects.filter(organization=account.organization_id, key=key).first():
        return _same(known, amount, currency)
    if error := refusal(account, under(caps, now=moment), amount):
        raise error
    made = Reservation(
        **asdict(account),
        key=key,
        amount=amount,
        currency=currency,
        created_at=moment,
        expires_at=moment + ttl,
    )
    try:
        with transaction.atomic():
            made.save(force_insert=True)
    except IntegrityError:
        # Without a cap there is no lock, and somebody else was first.
        first = Reservation.objects.get(organization=account.organization_id, key=key)
        return _same(first, amount, currency)
    return made


def standing(account: Account, *, currency: str, now: datetime) -> list[Spending]:
    """Where the caps stand that hold for this account."""
    return under(_caps(account, currency).order_by("pk"), now=now)


def split(held: Reservation, *, parts: Mapping[str, int]) -> None:
    """Hold the same amount under these keys, each with its part, instead of under one.

    Raises ValueError where the parts are not the whole.
    """
    _in_transaction()
    if sum(parts.values()) != held.amount:
        raise ValueError(f"'{held.key}' holds {held.amount:,}, and its parts {sum(parts.values()):,}.")
    own = {"key": "part.key", "amount": "part.amount"}
    columns = [str(field.column) for field in Reservation._meta.concrete_fields if not field.primary_key]
    values = [own.get(column, f"held.{column}") for column in columns]
    with connection.cursor() as cursor:
        cursor.execute(
            _SPLIT.format(columns=", ".join(columns), values=", ".join(values)),
            [list(parts), list(parts.values()), held.pk],
        )
    Reservation.objects.filter(pk=held.pk).delete()


def settle(*, organization_id: int, key: str, amount: int, allow_over: bool = False) -> bool:
    """Replace what is held by what it cost. Post the cost to the ledger in this transaction.

    One that had expired is settled as well: the cost is a fact. False where nothing was reserved, or it was
    settled with this before. Raises Conflict where it cost more than was reserved and that is not allowed, or
    where it was settled with another amount.
    """
    settled = settle_all(organization_id=organization_id, amounts={key: amount}, allow_over=allow_over)
    return key in settled


def settle_all(*, organization_id: int, amounts: Mapping[str, int], allow_over: bool = False) -> set[str]:
    """`settle` for each of these keys with its amount; those that were settled now. All are, or none."""
    _in_transaction()
    known = Reservation.objects.select_for_update().filter(organization=organization_id, key__in=amounts)
    now, changed = timezone.now(), list[Reservation]()
    # In one order for everybody, so that two who settle the same cannot wait for each other.
    for found in known.order_by("pk"):
        amount = amounts[found.key]
        if _is_new(found, amount, allow_over=allow_over):
            found.state, found.settled, found.closed_at = State.SETTLED, amount, now
            changed.append(found)
    Reservation.objects.bulk_update(changed, ["state", "settled", "closed_at"])
    _count(changed)
    return {found.key for found in changed}


def _is_new(found: Reservation, amount: int, *, allow_over: bool) -> bool:
    """Whether it is to be settled with this; False where it was."""
    if found.state == State.SETTLED:
        if found.settled != amount:
            raise Conflict(
                f"'{found.key}' is settled with {found.settled:,} already, and cannot be with {amount:,}."
            )
        return False
    if amount > found.amount and not allow_over:
        raise Conflict(f"'{found.key}' cost {amount:,}, and only {found.amount:,} are reserved.")
    return True


def release(*, organization_id: int, keys: Collection[str]) -> int:
    """Give back what is held for these; how many. What is over stays as it is."""
    return (
        _held()
        .filter(organization=organization_id, key__in=keys)
        .update(state=State.RELEASED, closed_at=timezone.now())
    )


def extend(*, keys: Collection[str], ttl: timedelta) -> int:
    """Let what is still under way be held for so long from now on; how many."""
    return _held().filter(key__in=keys).update(expires_at=timezone.now() + ttl)


def expire(*, now: datetime | None = None) -> int:
    """Give back what was forgotten, and forget what has long been over; how many were given back."""
    moment = now or timezone.now()
    Reservation.objects.filter(closed_at__lt=moment - KEPT_FOR).delete()
    return _held().filter(expires_at__lte=moment).update(state=State.EXPIRED, closed_at=moment)


def _held() -> "QuerySet[Reservation]":
    return Reservation.objects.filter(state=State.HELD)


def _same(known: Reservation, amount: int, currency: str) -> Reservation:
    if known.state != State.HELD:
        raise Conflict(f"'{known.key}' was reserved before, and is {known.get_state_display().lower()}.")
    if (known.amount, known.currency) != (amount, currency):
        raise Conflict(
            f"'{known.key}' is reserved with {known.amount:,} {known.currency}, not {amount:,} {currency}."
        )
    return known


def refusal(account: Account, caps: Iterable[Spending], amount: int) -> SpendingCapReached | None:
    """What says that this much more could exceed one of the caps; None where it is within all of them."""
    over = (found for found in caps if found.taken + amount > (found.cap or 0))
    return next((_refused(found, amount, account.organization_id) for found in over), None)


def _refused(found: Spending, amount: int, organization_id: int) -> SpendingCapReached:
    def words(value: int) -> str:
        return micro.written(value, found.currency)

    cap = found.cap or 0
    name = name_of(found, Organization.objects.get(pk=organization_id))
    of = f" of {name}" if name else ""
    return SpendingCapReached(
        f"The spending cap{of} of this month is {words(cap)}. {words(found.spent)} are "
        f"spent and {words(found.held)} are held for calls under way, so up to {words(amount)} more could exceed "
        "it. An owner, or whoever has the role Billing, raises it under Settings, Usage; a new month begins at "
        f"{found.resets_at:%Y-%m-%d %H:%M} UTC.",
        details={
            "of": found.of,
            "currency": found.currency,
            "cap": cap,
            "spent": found.spent,
            "held": found.held,
            "asked": amount,
            "resets_at": found.resets_at.isoformat().replace("+00:00", "Z"),
        },
    )


def _caps(account: Account, currency: str) -> "QuerySet[SpendingCap]":
    return SpendingCap.objects.filter(
        holding_for(
            account.organization_id,
            currency=currency,
            project_id=account.project_id,
            secret_key_id=account.secret_key_id,
        )
    )


# Django's upsert sets a value and cannot add to the one that is there.
_COUNT = """
INSERT INTO accounts_keyspending AS kept (secret_key_id, month, currency, amount)
SELECT id, %(month)s, %(currency)s, %(amount)s FROM accounts_secretkey WHERE id = %(key)s
ON CONFLICT (secret_key_id, month, currency) DO UPDATE SET amount = kept.amount + excluded.amount
"""


def _count(settled: Iterable[Reservation]) -> None:
    """What is settled is spent with its key, in the same transaction."""
    spent: Counter[tuple[int, date, str]] = Counter()
    for found in settled:
        if found.secret_key_id is not None and found.settled and found.closed_at is not None:
            spent[found.secret_key_id, month_of(found.closed_at), found.currency] += found.settled
    with connection.cursor() as cursor:
        for key_id, month, currency in sorted(spent):
            amount = spent[key_id, month, currency]
            cursor.execute(_COUNT, {"key": key_id, "month": month, "currency": currency, "amount": amount})


def _in_transaction() -> None:
    if not connection.in_atomic_block:
        raise RuntimeError("Reserve and settle in the transaction of what it is for.")
