"""Which plan an organization is on."""

from dataclasses import dataclass

from django.db.models import Exists, OuterRef, Q

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


UNLIMITED = Limits()


def plan_of(organization_id: int) -> Plan | None:
    """The organization's own plan, else the installation's default; None where there is neither."""
    own = Exists(Organization.objects.filter(pk=organization_id, plan=OuterRef("pk")))
    return Plan.objects.filter(own | Q(is_default=True)).annotate(own=own).order_by("-own").first()


def limits_of(organization_id: int) -> Limits:
    """What the organization's plan allows; without any plan there is no limit."""
    plan = plan_of(organization_id)
    return _limits(plan) if plan else UNLIMITED


def _limits(plan: Plan) -> Limits:
    return Limits(
        plan=plan.name,
        events_a_month=plan.events_a_month,
        warn_from=plan.warn_from,
        refuse_from=plan.refuse_from,
        retention_months=plan.retention_months,
        queries_at_once=plan.queries_at_once,
        query_rows=plan.query_rows,
    )


def with_limits() -> list[tuple[int, Limits]]:
    """Every organization whose plan limits something, with what it allows, by id."""
    default = Plan.objects.default().first()
    found: list[tuple[int, Limits]] = []
    for organization in Organization.objects.select_related("plan").order_by("pk").iterator():
        plan = organization.plan or default
        if plan and (plan.events_a_month or plan.retention_months):
            found.append((organization.pk, _limits(plan)))
    return found
