"""What was not kept and why, and how much an organization has used of its plan."""

from django.utils import timezone
from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts import access as accounts_access
from accounts.access import Actor
from accounts.permissions import Capability
from analytics import access
from analytics.api.usage_serializers import LedgerQuery, LedgerSerializer, UsageQuery, UsageSerializer
from analytics.contracts import DropReason
from analytics.queries.drops import ledger
from analytics.queries.usage import month_named, usage

_INVALID = OpenApiResponse(description="A parameter is not valid; the field is named.")


class DropsView(APIView):
    """The ledger of events that were not kept."""

    @extend_schema(
        operation_id="projects_drops",
        summary="What was not kept, and why",
        description="Nothing is dropped silently: each event that was not kept is counted by day and reason.",
        parameters=[LedgerQuery],
        responses={200: LedgerSerializer, 400: _INVALID},
    )
    def get(self, request: Request, project_id: int) -> Response:
        project = access.project(Actor.of(request), project_id=project_id, capability=Capability.VIEW_DATA)
        asked = LedgerQuery(data=request.query_params)
        asked.is_valid(raise_exception=True)
        reason = asked.validated_data["reason"]
        found = ledger(
            project=project,
            days=asked.validated_data["days"],
            reason=DropReason(reason) if reason else None,
        )
        return Response(LedgerSerializer(found).data)


class UsageView(APIView):
    """An organization's events and tokens of a month, and where it stands in its quota and caps."""

    @extend_schema(
        operation_id="organizations_usage",
        summary="Usage and quota of a month",
        description="Kept events by project and by day of arrival (UTC), and what models used, from the ledger. "
        "Duplicates, bots and whatever else was dropped do not count.",
        parameters=[UsageQuery],
        responses={200: UsageSerializer, 400: _INVALID},
        tags=["organizations"],
    )
    def get(self, request: Request, organization: str) -> Response:
        actor = Actor.of(request)
        found = accounts_access.organization(actor, slug=organization, capability=Capability.VIEW_USAGE)
        asked = UsageQuery(data=request.query_params)
        asked.is_valid(raise_exception=True)
        month = asked.validated_data["month"]
        first = month_named(month) if month else None
        named = set(access.named_projects(actor, found).values_list("pk", flat=True))
        return Response(UsageSerializer(usage(found, now=timezone.now(), named=named, month=first)).data)
