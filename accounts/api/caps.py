"""What may be spent on models in a month: by all of an organization, in one of its projects, or with one key."""

from typing import Any

from django.utils import timezone
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts import access
from accounts.access import Actor
from accounts.billing.queries.spending import Spending, all_capped, under
from accounts.billing.services import caps
from accounts.billing.services.caps import EVERYBODY, Whose
from accounts.errors import FieldError, Invalid
from accounts.models import Organization
from accounts.models.spending import MOST
from accounts.permissions import Capability

_TAGS = ["organizations"]
_WHOSE = [
    OpenApiParameter("project", str, description="The slug of a project: the cap is of that alone."),
    OpenApiParameter("key", int, description="The id of a secret key: the cap is of that alone."),
]


class CapSerializer(serializers.Serializer[object]):
    of = serializers.ChoiceField(choices=["organization", "project", "key"])
    project_id = serializers.IntegerField(allow_null=True)
    key_id = serializers.IntegerField(source="secret_key_id", allow_null=True)
    currency = serializers.CharField()
    amount = serializers.IntegerField(
        source="cap", help_text="In micro-units, as the other amounts: 1,000,000 is one dollar, euro, …"
    )
    spent = serializers.IntegerField(help_text="This month, in UTC.")
    held = serializers.IntegerField(help_text="For calls under way.")
    left = serializers.IntegerField()
    resets_at = serializers.DateTimeField()


class CapInput(serializers.Serializer[object]):
    amount = serializers.IntegerField(min_value=0, max_value=MOST, help_text="In micro-units of the currency.")


class CapsView(APIView):
    """An organization's spending caps."""

    @extend_schema(
        tags=_TAGS,
        operation_id="caps_list",
        summary="List spending caps",
        responses={200: CapSerializer(many=True)},
    )
    def get(self, request: Request, organization: str) -> Response:
        """Each cap, with what is spent and held this month. Those of single projects and keys are for who pays."""
        actor = Actor.of(request)
        found = access.organization(actor, slug=organization, capability=Capability.VIEW_USAGE)
        return Response(CapSerializer(_readable(actor, found), many=True).data)


class CapView(APIView):
    """The cap of one currency, which owners and the role Billing set when they are logged in."""

    @extend_schema(
        tags=_TAGS,
        operation_id="caps_put",
        summary="Set a spending cap",
        parameters=_WHOSE,
        request=CapInput,
        responses={
            200: CapSerializer,
            400: OpenApiResponse(description="The currency, the amount, the project or the key is not valid."),
        },
    )
    def put(self, request: Request, organization: str, currency: str) -> Response:
        """It holds from the next job on. What is spent or held already stays as it is."""
        actor = Actor.of(request)
        found = access.organization(actor, slug=organization, capability=Capability.MANAGE_BILLING)
        given = CapInput(data=request.data)
        given.is_valid(raise_exception=True)
        amount: int = given.validated_data["amount"]
        whose = _whose(request, found)
        cap = caps.put(organization=found, actor=actor, currency=currency, amount=amount, whose=whose)
        return Response(CapSerializer(under([cap], now=timezone.now())[0]).data)

    @extend_schema(
        tags=_TAGS,
        operation_id="caps_delete",
        summary="Remove a spending cap",
        parameters=_WHOSE,
        responses={204: None},
    )
    def delete(self, request: Request, organization: str, currency: str) -> Response:
        actor = Actor.of(request)
        found = access.organization(actor, slug=organization, capability=Capability.MANAGE_BILLING)
        caps.remove(organization=found, actor=actor, currency=currency, whose=_whose(request, found))
        return Response(status=204)


def _readable(actor: Actor, organization: Organization) -> list[Spending]:
    """Projects and keys are not for everybody's eyes, but a key may know of its own cap."""
    found = all_capped(organization.pk, now=timezone.now())
    if Capability.VIEW_BILLING in actor.capabilities_in(organization.pk):
        return found
    own = actor.secret_key.pk if actor.secret_key else None
    return [one for one in found if one.of == "organization" or (own and one.secret_key_id == own)]


def _whose(request: Request, organization: Organization) -> Whose:
    given: Any = request.query_params
    project, key = given.get("project", ""), given.get("key", "")
    if project and key:
        message = "A cap is of a project or of a key, not of both."
        raise Invalid(message, fields=[FieldError("key", message)])
    if project:
        return caps.of_project(organization, slug=project)
    if not key:
        return EVERYBODY
    if not key.isdecimal():
        message = "The id of a secret key, a whole number."
        raise Invalid(message, fields=[FieldError("key", message)])
    return caps.of_key(organization, key_id=int(key[:20]))
