"""The plans that are offered, and what an organization pays."""

from typing import Any

from drf_spectacular.utils import extend_schema, extend_schema_field
from rest_framework import serializers
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts import access
from accounts.access import Actor
from accounts.billing.features import Feature
from accounts.billing.queries.subscriptions import open_of
from accounts.billing.terms import INTERVALS
from accounts.models import Plan, PlanPrice, Subscription
from accounts.permissions import Capability
from accounts.queries.plans import limits_of


class PriceSerializer(serializers.ModelSerializer[PlanPrice]):
    """Amounts are whole minor units of the currency. A block over a quota costs its amount once it is begun."""

    interval = serializers.ChoiceField(list(INTERVALS.items()))
    currency = serializers.CharField(help_text="ISO 4217.")

    class Meta:
        model = PlanPrice
        fields = (
            "id", "interval", "currency", "amount", "events_unit", "events_unit_amount", "tokens_unit",
            "tokens_unit_amount",
        )  # fmt: skip


class PlanSerializer(serializers.ModelSerializer[Plan]):
    """A limit that is null is none."""

    features = serializers.ListField(child=serializers.ChoiceField(Feature.choices))
    prices = serializers.SerializerMethodField()

    class Meta:
        model = Plan
        fields = (
            "slug", "name", "events_a_month", "llm_tokens_a_month", "seats", "projects", "retention_months",
            "features", "trial_days", "prices",
        )  # fmt: skip

    @extend_schema_field(PriceSerializer(many=True))
    def get_prices(self, plan: Plan) -> Any:
        offered = [price for price in plan.prices.all() if price.is_active]
        return PriceSerializer(offered, many=True).data


class SubscriptionSerializer(serializers.ModelSerializer[Subscription]):
    plan = serializers.CharField(source="plan.slug")
    price = PriceSerializer()
    state = serializers.ChoiceField(Subscription.State.choices)
    provider = serializers.ChoiceField(Subscription.Provider.choices)
    grace_ends_at = serializers.DateTimeField(
        allow_null=True, help_text="Until when nothing changes although a payment is due."
    )

    class Meta:
        model = Subscription
        fields = (
            "plan", "price", "provider", "state", "period_start", "period_end", "trial_ends_at",
            "cancel_at_period_end", "past_due_since", "grace_ends_at", "paused_at",
        )  # fmt: skip


class PaidPlanSerializer(serializers.Serializer[object]):
    plan = serializers.CharField(help_text="The name of the plan that holds, whether or not it is paid for.")
    subscription = SubscriptionSerializer(allow_null=True)


class PlansView(APIView):
    permission_classes = (AllowAny,)
    authentication_classes = ()

    @extend_schema(
        operation_id="plans_list",
        summary="List the plans on offer",
        description="Those that staff have made public, with their prices. Open to everybody.",
        tags=["billing"],
        auth=[],
        responses=PlanSerializer(many=True),
    )
    def get(self, request: Request) -> Response:  # noqa: ARG002
        found = Plan.objects.public().prefetch_related("prices")
        return Response(PlanSerializer(found, many=True).data)


class SubscriptionView(APIView):
    @extend_schema(
        operation_id="organizations_subscription_get",
        summary="Get the subscription",
        description="The plan that holds, and what is paid for it; null where nothing is.",
        tags=["billing"],
        responses=PaidPlanSerializer,
    )
    def get(self, request: Request, organization: str) -> Response:
        actor = Actor.of(request)
        found = access.organization(actor, slug=organization, capability=Capability.VIEW_BILLING)
        standing = {"plan": limits_of(found.pk).plan, "subscription": open_of(found)}
        return Response(PaidPlanSerializer(standing).data)
