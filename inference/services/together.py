"""Jobs that are asked for in the same moment are made in one transaction."""

from collections.abc import Sequence

from django.db import transaction

from accounts.access import Actor
from accounts.billing.features import Feature
from accounts.billing.limits import require_feature
from accounts.models import Organization
from accounts.queries.plans import Limits
from inference import rows
from inference.inputs import AnyJob
from inference.models import Job
from inference.queries.rules import rules_of
from inference.queries.sizes import known_of
from inference.services import jobs, routing, spending
from inference.services.routing import Route
from inference.services.waking import wake_on_commit


def is_plain(request: AnyJob) -> bool:
    """Whether its job can be made here: for the organization as a whole, with nothing earlier to look for."""
    return request.cache is None and request.project is None


@transaction.atomic
def create(*, organization: Organization, limits: Limits, asked: Sequence[tuple[Actor, AnyJob]]) -> list[Job]:
    """A job for each of these plain requests, all of them or none; raises as `jobs.create` does.

    `limits` are those of the organization's plan.
    """
    require_feature(limits, Feature.INFERENCE)
    rules = rules_of(organization_id=organization.pk, project_id=None)
    routes = _routes(organization, [request for _, request in asked])
    made = [
        jobs.drawn_up(organization, actor, request, route, rules=rules)
        for (actor, request), route in zip(asked, routes, strict=True)
    ]
    for priority in {job.priority for job in made}:
        jobs.require_room(organization, priority=priority, count=sum(job.priority == priority for job in made))
    rows.insert(made)
    targets = [target for route in routes for target in route.targets]
    known = known_of(targets)
    spending.require_tokens(organization.pk, targets, limits=limits)
    for job, route in zip(made, routes, strict=True):
        spending.hold(job=job, targets=route.targets, known=known)
    wake_on_commit()
    return made


def _routes(organization: Organization, requests: Sequence[AnyJob]) -> list[Route]:
    """Those who ask for the same get the same, found once."""
    found: dict[tuple[object, ...], Route] = {}
    for request in requests:
        wish = _wish(request)
        if wish not in found:
            found[wish] = routing.of_request(organization=organization, request=request)
    return [found[_wish(request)] for request in requests]


def _wish(request: AnyJob) -> tuple[object, ...]:
    return request.task, request.provider, request.model, request.credential, request.deadline
