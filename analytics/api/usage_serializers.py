"""The shapes of the ledger of drops and of an organization's usage."""

from collections.abc import Mapping
from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from accounts.billing.meters import Meter
from accounts.billing.queries.usage import ModelUsage
from analytics.contracts import DropReason
from analytics.queries.quota import State
from analytics.queries.usage import Usage

METERS = [meter.value for meter in Meter]
REASONS = [reason.value for reason in DropReason]


class DropSerializer(serializers.Serializer[object]):
    day = serializers.DateField(help_text="In UTC.")
    reason = serializers.ChoiceField(choices=REASONS)
    events = serializers.IntegerField()
    meaning = serializers.CharField()


class DropTotalSerializer(serializers.Serializer[object]):
    reason = serializers.ChoiceField(choices=REASONS)
    events = serializers.IntegerField()
    meaning = serializers.CharField()


class LedgerSerializer(serializers.Serializer[object]):
    first = serializers.DateField(help_text="The first day, in UTC.")
    last = serializers.DateField(help_text="Today, in UTC.")
    totals = DropTotalSerializer(many=True, help_text="Of all reasons, the largest first.")
    drops = DropSerializer(many=True, help_text="The newest day first.")


class LedgerQuery(serializers.Serializer[object]):
    days = serializers.IntegerField(
        min_value=1, max_value=366, default=30, help_text="How many days, today included; 366 at most."
    )
    reason = serializers.ChoiceField(choices=REASONS, default=None, help_text="Only drops of this reason.")


class DayUsageSerializer(serializers.Serializer[object]):
    day = serializers.DateField(help_text="Of arrival, in UTC.")
    events = serializers.IntegerField()


class ProjectUsageSerializer(serializers.Serializer[object]):
    project_id = serializers.IntegerField(allow_null=True, help_text="Null is the sum of those you do not see.")
    name = serializers.CharField()
    slug = serializers.CharField()
    events = serializers.IntegerField()
    by_day = DayUsageSerializer(many=True, help_text="Days on which something was kept.")


class LimitsSerializer(serializers.Serializer[object]):
    name = serializers.CharField(source="plan")
    events_a_month = serializers.IntegerField(allow_null=True, help_text="Null is no limit.")
    warn_from = serializers.IntegerField(help_text="Percent of the quota.")
    refuse_from = serializers.IntegerField(allow_null=True, help_text="Percent of the quota; null is never.")
    retention_months = serializers.IntegerField(allow_null=True, help_text="Null is for ever.")


class StandingSerializer(serializers.Serializer[object]):
    used = serializers.IntegerField(help_text="Kept this month, and waiting to be stored.")
    waiting = serializers.IntegerField(help_text="The part that waits; it may still hold duplicates.")
    quota = serializers.IntegerField(allow_null=True)
    share = serializers.FloatField(allow_null=True, help_text="Of the quota; 1 is all of it.")
    state = serializers.ChoiceField(choices=[state.value for state in State])
    refused_from = serializers.IntegerField(allow_null=True, help_text="Events from which on they are refused.")
    resets_at = serializers.DateTimeField()
    plan = LimitsSerializer(source="limits")


class MeterSumSerializer(serializers.Serializer[object]):
    day = serializers.DateField(help_text="In UTC.")
    project_id = serializers.IntegerField(allow_null=True, help_text="Null is of no project.")
    meter = serializers.ChoiceField(choices=METERS)
    model = serializers.CharField(help_text="Empty for events.")
    currency = serializers.CharField(help_text="Of `llm_cost`; empty otherwise.")
    quantity = serializers.IntegerField(help_text="A cost is in micro-units of its currency.")


class CostSerializer(serializers.Serializer[object]):
    currency = serializers.CharField()
    amount = serializers.IntegerField(help_text="In micro-units: 1,000,000 is one dollar, euro, …")


class ModelUsageSerializer(serializers.Serializer[ModelUsage]):
    model = serializers.CharField()
    tokens = serializers.IntegerField(help_text="All kinds together.")
    input_tokens = serializers.IntegerField(source="by_meter.llm_input_tokens")
    cached_tokens = serializers.IntegerField(source="by_meter.llm_cached_tokens")
    output_tokens = serializers.IntegerField(source="by_meter.llm_output_tokens")
    reasoning_tokens = serializers.IntegerField(source="by_meter.llm_reasoning_tokens")
    costs = serializers.SerializerMethodField()

    @extend_schema_field(CostSerializer(many=True))
    def get_costs(self, usage: ModelUsage) -> list[dict[str, Any]]:
        return _amounts(usage.costs)


class MeterForecastSerializer(serializers.Serializer[object]):
    of = serializers.ChoiceField(choices=["events", "tokens", "cost"])
    currency = serializers.CharField(help_text="Of a cost; empty otherwise.")
    used = serializers.IntegerField(source="forecast.used")
    total = serializers.IntegerField(source="forecast.total", help_text="At the month's end.")
    days = serializers.IntegerField(source="forecast.days", help_text="Of which the mean was taken; 7 at most.")


class SpendingSerializer(serializers.Serializer[object]):
    currency = serializers.CharField()
    cap = serializers.IntegerField(help_text="In micro-units, as the other amounts.")
    spent = serializers.IntegerField()
    held = serializers.IntegerField(help_text="For calls under way.")
    left = serializers.IntegerField()
    resets_at = serializers.DateTimeField()


class UsageSerializer(serializers.Serializer[Usage]):
    month = serializers.DateField(help_text="Its first day.")
    events = serializers.IntegerField(help_text="Kept in the month.")
    standing = StandingSerializer(allow_null=True, help_text="Now; null for a month that is over.")
    by_project = ProjectUsageSerializer(many=True, help_text="The largest first.")
    by_day = DayUsageSerializer(many=True, help_text="Every day of the month up to today.")
    tokens = serializers.IntegerField(source="metered.tokens", help_text="Of all models in the month.")
    costs = serializers.SerializerMethodField()
    by_model = ModelUsageSerializer(many=True, source="metered.by_model", help_text="The largest first.")
    by_meter = MeterSumSerializer(many=True, source="metered.sums", help_text="The ledger's sums of days.")
    forecasts = MeterForecastSerializer(
        many=True, source="metered.forecasts", help_text="Of the running month, from its last seven whole days."
    )
    caps = SpendingSerializer(many=True, help_text="Spending under a cap, now.")

    @extend_schema_field(CostSerializer(many=True))
    def get_costs(self, usage: Usage) -> list[dict[str, Any]]:
        return _amounts(usage.metered.costs)


def _amounts(costs: Mapping[str, int]) -> list[dict[str, Any]]:
    return [{"currency": currency, "amount": amount} for currency, amount in costs.items()]


class UsageQuery(serializers.Serializer[object]):
    month = serializers.CharField(
        required=False, default="", help_text="Such as 2026-11; the running month if not given."
    )
