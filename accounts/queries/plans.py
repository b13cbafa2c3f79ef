"""Which plan an organization is on."""

from dataclasses import dataclass

from django.db.models import Exists, OuterRef, Q
from django.utils import timezone

from accounts.billing.features import Feature
from accounts.models import Organization, Plan


@dataclass(frozen=True, slots=True)
class Limits:
    """What a plan allows; None is no limit (for `refuse_from`: never refuse). Percentages are of the quota.

    For `queries_at_once`, None is the installation's own number.
    """

    plan: str = "No limits"
    events_a_month: int | None = None
    warn_from: int = 80
    refuse_from: int | None = None
    retention_months: int | None = None
    queries_at_once: int | None = None
    query_rows: int | None = None
    llm_tokens_a_month: int | None = None
    seats: int | None = None
    projects: int | None = None
    features: frozenset[str] = frozenset(Feature.values)


UNLIMITED = Limits()


def plan_of(organization_id: int) -> Plan | None:
    """The organization's own plan, else the installation's default; None where there is neither."""
    return _plan_and_former(organization_id)[0]


def default_name() -> str:
    """What the plan is called that holds for who pays none."""
    plan = Plan.objects.default().first()
    return plan.name if plan else UNLIMITED.plan


def limits_of(organization_id: int) -> Limits:
    """What the organization's plan allows; without any plan there is no limit."""
    plan, former = _plan_and_former(organization_id)
    return _limits(plan, former) if plan else UNLIMITED


def with_limits() -> list[tuple[int, Limits]]:
    """Every organization whose plan limits events or how long they are kept, with what it allows, by id."""
    default, now = Plan.objects.default().first(), timezone.now()
    found: list[tuple[int, Limits]] = []
    for organization in Organization.objects.select_related("plan", "retention_plan").order_by("pk").iterator():
        plan, until = organization.plan or default, organization.retention_plan_until
        if plan and (plan.events_a_month or plan.retention_months):
            former = organization.retention_plan if until and now < until else None
            found.append((organization.pk, _limits(plan, former)))
    return found


def _plan_and_former(organization_id: int) -> tuple[Plan | None, Plan | None]:
    """The plan that holds, and the one before it while its retention is kept up; in one query."""
    this = Organization.objects.filter(pk=organization_id)
    own = Exists(this.filter(plan=OuterRef("pk")))
    kept = Exists(this.filter(retention_plan=OuterRef("pk"), retention_plan_until__gt=timezone.now()))
    found = Plan.objects.filter(own | kept | Q(is_default=True)).annotate(own=own, kept=kept)
    plans = [(plan, getattr(plan, "own", False), getattr(plan, "kept", False)) for plan in found.order_by("-own")]
    plan = next((plan for plan, is_own, _ in plans if is_own or plan.is_default), None)
    return plan, next((plan for plan, _, is_kept in plans if is_kept), None)


def _limits(plan: Plan, former: Plan | None) -> Limits:
    months = plan.retention_months
    return Limits(
        plan=plan.name,
        events_a_month=plan.events_a_month,
        warn_from=plan.warn_from,
        refuse_from=plan.refuse_from,
        retention_months=_longer(months, former.retention_months) if former else months,
        queries_at_once=plan.queries_at_once,
        query_rows=plan.query_rows,
        llm_tokens_a_month=plan.llm_tokens_a_month,
        seats=plan.seats,
        projects=plan.projects,
        features=frozenset(plan.features),
    )


def _longer(one: int | None, other: int | None) -> int | None:
    """The longer of two retentions, of which None is for ever."""
    return None if one is None or other is None else max(one, other)
