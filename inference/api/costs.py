"""What LLM work cost by task, key and prompt, and how calls went; what is billed is in the usage of analytics."""

from collections.abc import Mapping
from dataclasses import asdict
from datetime import date
from typing import TYPE_CHECKING, Any

from django.utils import timezone
from drf_spectacular.utils import OpenApiParameter, extend_schema
from pydantic import ValidationError
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.errors import FieldError, Invalid
from accounts.permissions import Capability
from analytics.periods import Days, Last, Period, days_of
from inference import access
from inference.api.door import entered
from inference.api.model_serializers import FaredSerializer
from inference.queries import costs
from inference.queries.costs import Ended

if TYPE_CHECKING:
    Shape = serializers.Serializer[dict[str, Any]]
else:
    Shape = serializers.Serializer

_MOST_DAYS = 366


class AmountSerializer(Shape):
    currency = serializers.CharField()
    amount = serializers.IntegerField(help_text="Millionths.")


class EndedSerializer(Shape):
    """Jobs that ended; tokens are those of own keys as well, without the words of the built-in provider."""

    jobs = serializers.IntegerField()
    failed = serializers.IntegerField()
    tokens_input = serializers.IntegerField()
    tokens_output = serializers.IntegerField()
    costs = AmountSerializer(many=True)


class OfTaskSerializer(EndedSerializer):
    task = serializers.CharField()


class OfKeySerializer(EndedSerializer):
    key_id = serializers.IntegerField(allow_null=True, help_text="Null: made by people.")
    name = serializers.CharField()


class OfPromptSerializer(EndedSerializer):
    slug = serializers.CharField()
    version = serializers.IntegerField()


class GivenAgainSerializer(Shape):
    """Answers that were given again, and what the jobs had cost that asked a model for them."""

    jobs = serializers.IntegerField()
    spared = AmountSerializer(many=True)


class CallsSerializer(FaredSerializer):
    provider = serializers.CharField()
    model = serializers.CharField()


class CostsSerializer(Shape):
    first = serializers.DateField()
    last = serializers.DateField()
    whole = EndedSerializer()
    by_task = OfTaskSerializer(many=True)
    by_key = OfKeySerializer(many=True)
    by_prompt = OfPromptSerializer(many=True)
    given_again = GivenAgainSerializer()
    calls = CallsSerializer(many=True)


class CostsView(APIView):
    @extend_schema(
        tags=["inference"],
        operation_id="inference_costs",
        summary="What jobs cost by task, key and prompt",
        description=f"Of the jobs and calls that ended in a period of days in UTC, {_MOST_DAYS} at most. What is "
        "billed by day, model and project is in the organization's usage.",
        parameters=[
            OpenApiParameter("last", enum=[one.value for one in Last], description="By default 30d."),
            OpenApiParameter("from", date, description="In the place of `last`: the first day."),
            OpenApiParameter("to", date, description="And the last one."),
        ],
        responses=CostsSerializer,
    )
    def get(self, request: Request) -> Response:
        actor, organization = entered(request, Capability.VIEW_JOBS)
        days = _days(request)
        jobs = access.jobs(actor, organization=organization)
        work, again = costs.work(jobs, days), costs.repeated(jobs, days)
        fared = costs.calls(access.seen(actor, organization=organization), days)
        body: dict[str, Any] = {
            "first": days.first,
            "last": days.last,
            "whole": _shown(work.whole),
            "by_task": [{"task": task, **_shown(one)} for task, one in work.by_task.items()],
            "by_key": [{"key_id": key, "name": name, **_shown(one)} for (key, name), one in work.by_key.items()],
            "by_prompt": [
                {"slug": prompt.slug, "version": prompt.version, **_shown(one)}
                for prompt, one in work.by_prompt.items()
            ],
            "given_again": {"jobs": again.jobs, "spared": _amounts(again.costs)},
            "calls": [
                {"provider": provider, "model": model, **asdict(one)} for (provider, model), one in fared.items()
            ],
        }
        return Response(CostsSerializer(body).data)


def _days(request: Request) -> Days:
    given = {name: value for name, value in request.query_params.items() if name in {"last", "from", "to"}}
    try:
        days = days_of(Period.model_validate(given or {"last": Last.DAYS_30}), today=timezone.now().date())
    except ValidationError as error:
        fault = error.errors(include_url=False)[0]
        field = str(fault["loc"][0]) if fault["loc"] else next(iter(given))
        message = fault["msg"].removeprefix("Value error, ")
        raise Invalid("The period is not valid.", fields=[FieldError(field, message)]) from error
    if days.count > _MOST_DAYS:
        message = f"{_MOST_DAYS} days at most."
        raise Invalid(message, fields=[FieldError("from", message)])
    return days


def _shown(ended: Ended) -> dict[str, Any]:
    return {
        "jobs": ended.jobs,
        "failed": ended.failed,
        "tokens_input": ended.tokens_input,
        "tokens_output": ended.tokens_output,
        "costs": _amounts(ended.costs),
    }


def _amounts(found: Mapping[str, int]) -> list[dict[str, Any]]:
    return [{"currency": currency, "amount": amount} for currency, amount in found.items()]
