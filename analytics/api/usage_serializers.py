"""The shapes of the ledger of drops and of an organization's usage."""

from rest_framework import serializers

from analytics.contracts import DropReason
from analytics.queries.quota import State

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
    project_id = serializers.IntegerField()
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


class UsageSerializer(serializers.Serializer[object]):
    month = serializers.DateField(help_text="Its first day.")
    events = serializers.IntegerField(help_text="Kept in the month.")
    standing = StandingSerializer(allow_null=True, help_text="Now; null for a month that is over.")
    by_project = ProjectUsageSerializer(many=True, help_text="The largest first.")
    by_day = DayUsageSerializer(many=True, help_text="Every day of the month up to today.")


class UsageQuery(serializers.Serializer[object]):
    month = serializers.CharField(
        required=False, default="", help_text="Such as 2026-11; the running month if not given."
    )
