"""The audit log of an organization."""

from typing import Any

from django.db.models import QuerySet
from django_filters import rest_framework as filters
from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework import serializers
from rest_framework.generics import ListAPIView
from rest_framework.request import Request
from rest_framework.response import Response

from accounts import access
from accounts.access import Actor
from accounts.audited import Action, ActorKind
from accounts.models import AuditEntry
from accounts.permissions import Capability


class AuditActorSerializer(serializers.ModelSerializer[AuditEntry]):
    kind = serializers.ChoiceField(ActorKind.choices, source="actor_kind")
    id = serializers.IntegerField(source="actor_id", allow_null=True)
    name = serializers.CharField(source="actor_name")

    class Meta:
        model = AuditEntry
        fields = ("kind", "id", "name")


class AuditTargetSerializer(serializers.ModelSerializer[AuditEntry]):
    id = serializers.CharField(source="target_id")
    name = serializers.CharField(source="target_name")

    class Meta:
        model = AuditEntry
        fields = ("id", "name")


class AuditEntrySerializer(serializers.ModelSerializer[AuditEntry]):
    """Who and what are named as they were called then."""

    action = serializers.ChoiceField(Action.choices)
    actor = AuditActorSerializer(source="*")
    target = AuditTargetSerializer(source="*")
    before = serializers.DictField(allow_null=True)
    after = serializers.DictField(allow_null=True)

    class Meta:
        model = AuditEntry
        fields = (
            "id", "created_at", "action", "actor", "target", "project_id", "project_name", "before", "after",
            "address", "user_agent",
        )  # fmt: skip
        read_only_fields = fields


class AuditFilter(filters.FilterSet):
    action = filters.MultipleChoiceFilter(choices=Action.choices, label="Repeat it for several.")
    actor_kind = filters.ChoiceFilter(choices=ActorKind.choices)
    actor_id = filters.NumberFilter()
    project_id = filters.NumberFilter()
    target_id = filters.CharFilter()
    since = filters.IsoDateTimeFilter(field_name="created_at", lookup_expr="gte", label="From this moment on.")
    until = filters.IsoDateTimeFilter(field_name="created_at", lookup_expr="lt", label="Before this moment.")
    search = filters.CharFilter(method="mentioning", label="A part of who, what, where from, before or after.")

    def mentioning(self, rows: "QuerySet[AuditEntry]", name: str, text: str) -> "QuerySet[AuditEntry]":  # noqa: ARG002
        return AuditEntry.objects.filter(pk__in=rows.values("pk")).mentioning(text)


class AuditView(ListAPIView[AuditEntry]):
    """An organization's audit log, newest first."""

    serializer_class = AuditEntrySerializer
    filterset_class = AuditFilter
    queryset = AuditEntry.objects.none()

    def get_queryset(self) -> "QuerySet[AuditEntry]":
        actor = Actor.of(self.request)
        found = access.organization(actor, slug=self.kwargs["organization"], capability=Capability.VIEW_AUDIT)
        if actor.secret_key is not None:
            return AuditEntry.objects.readable_by_key(actor.secret_key)
        return AuditEntry.objects.of(found)

    @extend_schema(
        tags=["organizations"],
        operation_id="organizations_audit",
        summary="The audit log",
        responses={
            200: AuditEntrySerializer(many=True),
            400: OpenApiResponse(description="A parameter is not valid; it is named."),
        },
    )
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        return super().get(request, *args, **kwargs)
