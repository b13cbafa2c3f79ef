"""What jobs would cost, asked before they are made."""

from typing import Any

from drf_spectacular.utils import extend_schema
from pydantic import RootModel
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts import access as accounts_access
from accounts.access import Actor
from accounts.api.caps import CapSerializer
from accounts.errors import FieldError, Invalid
from accounts.permissions import Capability
from inference.inputs import AnyJob, AnyJobRequest, PromptedJob, parse_any
from inference.kinds.base import Strict
from inference.services.previews import MOST_JOBS, Preview, preview


class JobsToPreview(Strict):
    """Several jobs, as those of a batch."""

    jobs: list[AnyJobRequest]


class ToPreview(RootModel[AnyJobRequest | JobsToPreview]):
    """What a job is made with, or several of them."""


class RatesSerializer(serializers.Serializer[object]):
    """In millionths of the currency for a million tokens."""

    currency = serializers.CharField()
    input = serializers.IntegerField()
    cached = serializers.IntegerField()
    output = serializers.IntegerField()
    reasoning = serializers.IntegerField()


class ModelSerializer(serializers.Serializer[object]):
    provider = serializers.CharField()
    model = serializers.CharField()
    charged = serializers.BooleanField(
        source="is_charged", help_text="Not what needs no model, or is asked with your own key."
    )
    jobs = serializers.IntegerField()
    price = RatesSerializer(source="rates", allow_null=True)


class PreviewSerializer(serializers.Serializer[Preview]):
    jobs = serializers.IntegerField()
    calls = serializers.IntegerField(help_text="At most, without those that are tried again.")
    tokens_read = serializers.IntegerField(source="reads", help_text="An estimate.")
    most_tokens_read = serializers.IntegerField(source="most_read")
    most_tokens_written = serializers.IntegerField(source="most_written")
    models = ModelSerializer(many=True)
    currency = serializers.CharField(help_text="Empty where no model has a price.")
    most_cost = serializers.IntegerField(help_text="In millionths of the currency; so much would be held.")
    caps = CapSerializer(many=True, help_text="The spending caps that hold for it, as they stand now.")
    allowed = serializers.SerializerMethodField()
    refusal = serializers.SerializerMethodField()
    cached = serializers.ListField(
        source="remembered",
        child=serializers.UUIDField(),
        help_text="Jobs whose answers would be given again, at no cost.",
    )

    def get_allowed(self, found: Preview) -> bool:
        """Whether caps and quota have room for it now."""
        return found.refusal is None

    def get_refusal(self, found: Preview) -> dict[str, Any] | None:
        """The error that it would be refused with."""
        body: dict[str, Any] | None = found.refusal.body["error"] if found.refusal else None
        return body


class PreviewView(APIView):
    @extend_schema(
        tags=["inference"],
        operation_id="inference_preview",
        summary="Say what a job would cost",
        description=f"The body is a job's, or `jobs`: up to {MOST_JOBS} of them. Nothing is made or held.",
        request=ToPreview,
        responses=PreviewSerializer,
    )
    def post(self, request: Request) -> Response:
        actor = Actor.of(request)
        organization = accounts_access.organization_of_key(actor, capability=Capability.RUN_JOBS)
        found = preview(organization=organization, actor=actor, requests=_requests(request.data))
        return Response(PreviewSerializer(found).data)


def _requests(body: Any) -> list[AnyJob | PromptedJob]:
    if not isinstance(body, dict) or "jobs" not in body:
        return [parse_any(body)]
    given = body["jobs"]
    if not isinstance(given, list) or body.keys() != {"jobs"} or len(given) > MOST_JOBS:
        message = f"A list of up to {MOST_JOBS} jobs, and nothing beside it."
        raise Invalid(message, fields=[FieldError("jobs", message)])
    return [_at(place, one) for place, one in enumerate(given)]


def _at(place: int, body: Any) -> AnyJob | PromptedJob:
    try:
        return parse_any(body)
    except Invalid as error:
        fields = [FieldError(f"jobs.{place}.{one.field}", one.message) for one in error.fields]
        raise Invalid(error.message, fields=fields) from error
