"""The rules of jobs over HTTP: those of an organization, and a project's own."""

from typing import TYPE_CHECKING, Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts import access as accounts_access
from accounts.access import Actor
from accounts.errors import NotFound
from accounts.permissions import Capability
from analytics import access as analytics_access
from inference import access
from inference.choices import Personal
from inference.models import Policy
from inference.services import rules
from inference.services.rules import LONGEST_KEPT, MOST_RUNNING

if TYPE_CHECKING:
    Input = serializers.Serializer[None]
else:
    Input = serializers.Serializer

_TAGS = ["inference"]


class OwnRules(Input):
    """For how long what was asked and answered is kept, and what providers are not to see."""

    keep_days = serializers.IntegerField(
        allow_null=True,
        default=None,
        min_value=0,
        max_value=LONGEST_KEPT,
        help_text="Days after the end; null for ever, 0 not at all.",
    )
    redact = serializers.ListField(
        child=serializers.ChoiceField(Personal.choices),
        default=list,
        help_text="Kinds of personal data that are taken out of what providers are sent.",
    )


class JobRules(OwnRules):
    """The rules of an organization."""

    observe_in = serializers.IntegerField(
        allow_null=True, default=None, help_text="The project in which each call is also an event."
    )
    most_running = serializers.IntegerField(
        allow_null=True,
        default=None,
        min_value=1,
        max_value=MOST_RUNNING,
        help_text="How many of its jobs run at once; null for the limit of the installation.",
    )


class JobRulesView(APIView):
    @extend_schema(tags=_TAGS, operation_id="job_rules_get", summary="The rules of jobs", responses=JobRules)
    def get(self, request: Request, organization: str) -> Response:
        """They hold where a project has none of its own."""
        found = accounts_access.organization(Actor.of(request), slug=organization, capability=Capability.VIEW_JOBS)
        policy = Policy.objects.filter(organization=found, project=None).first() or Policy(organization=found)
        return Response(_of_organization(policy))

    @extend_schema(
        tags=_TAGS,
        operation_id="job_rules_put",
        summary="Set the rules of jobs",
        request=JobRules,
        responses=JobRules,
    )
    def put(self, request: Request, organization: str) -> Response:
        """All of them: what is left out is as if it had never been set. Owners and admins set them, logged in."""
        actor = Actor.of(request)
        found = accounts_access.organization(actor, slug=organization, capability=Capability.MANAGE_PROJECTS)
        given = JobRules(data=request.data)
        given.is_valid(raise_exception=True)
        values: dict[str, Any] = dict(given.validated_data)
        named = values.pop("observe_in")
        watched = access.project_named(
            actor, organization=found, project=None if named is None else str(named), field="observe_in"
        )
        policy = rules.put(organization=found, actor=actor, observe_in=watched, **values)
        return Response(_of_organization(policy))


class ProjectJobRulesView(APIView):
    @extend_schema(
        tags=_TAGS,
        operation_id="project_job_rules_get",
        summary="A project's own rules of jobs",
        responses=OwnRules,
    )
    def get(self, request: Request, project_id: int) -> Response:
        """404 where it has none, and those of its organization hold."""
        actor = Actor.of(request)
        found = analytics_access.project(actor, project_id=project_id, capability=Capability.VIEW_JOBS)
        policy = Policy.objects.filter(project=found).first()
        if policy is None:
            raise NotFound("This project has no rules of its own; those of its organization hold.")
        return Response(_own(policy))

    @extend_schema(
        tags=_TAGS,
        operation_id="project_job_rules_put",
        summary="Give a project rules of its own",
        request=OwnRules,
        responses=OwnRules,
    )
    def put(self, request: Request, project_id: int) -> Response:
        """They stand in the place of the organization's, all of them."""
        actor = Actor.of(request)
        found = analytics_access.project(actor, project_id=project_id, capability=Capability.MANAGE_PROJECTS)
        given = OwnRules(data=request.data)
        given.is_valid(raise_exception=True)
        return Response(_own(rules.put_own(project=found, actor=actor, **given.validated_data)))

    @extend_schema(
        tags=_TAGS,
        operation_id="project_job_rules_delete",
        summary="Let the organization's rules hold for a project",
        responses={204: None},
    )
    def delete(self, request: Request, project_id: int) -> Response:
        actor = Actor.of(request)
        found = analytics_access.project(actor, project_id=project_id, capability=Capability.MANAGE_PROJECTS)
        rules.remove_own(project=found, actor=actor)
        return Response(status=204)


def _own(policy: Policy) -> dict[str, Any]:
    return {"keep_days": policy.keep_days, "redact": policy.redact}


def _of_organization(policy: Policy) -> dict[str, Any]:
    return {**_own(policy), "observe_in": policy.observe_in_id, "most_running": policy.most_running}
