"""Public links to saved insights."""

from typing import TYPE_CHECKING
from uuid import UUID

from django.urls import reverse
from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.access import Actor
from accounts.permissions import Capability
from analytics import access
from analytics.models import Insight, InsightShare
from analytics.services import shares

if TYPE_CHECKING:
    Plain = serializers.Serializer[object]
else:
    Plain = serializers.Serializer

_TAGS = ["insights"]


class ShareSerializer(serializers.ModelSerializer[InsightShare]):
    active = serializers.BooleanField(source="is_live")
    created_by = serializers.SlugRelatedField(slug_field="email", read_only=True)  # type: ignore[var-annotated]

    class Meta:
        model = InsightShare
        fields: tuple[str, ...] = (
            "id", "hint", "active", "may_embed", "expires_at", "revoked_at", "created_by", "created_at",
        )  # fmt: skip
        read_only_fields = fields


class CreatedShareSerializer(ShareSerializer):
    url = serializers.URLField(help_text="Shown this once; only the hash of its token is kept.")

    class Meta(ShareSerializer.Meta):
        fields = (*ShareSerializer.Meta.fields, "url")
        read_only_fields = fields


class ShareInput(Plain):
    expires_at = serializers.DateTimeField(required=False, allow_null=True, default=None)
    may_embed = serializers.BooleanField(
        required=False, default=False, help_text="Whether other sites may show it in a frame."
    )


class SharesView(APIView):
    @extend_schema(
        tags=_TAGS,
        operation_id="insights_shares_list",
        summary="The public links of an insight",
        responses=ShareSerializer(many=True),
    )
    def get(self, request: Request, project_id: int, insight_id: UUID) -> Response:
        """The newest first, those that are over as well."""
        found = _entered(request, project_id, insight_id).shares.select_related("created_by")
        return Response(ShareSerializer(found, many=True).data)

    @extend_schema(
        tags=_TAGS,
        operation_id="insights_share",
        summary="Share an insight by a public link",
        request=ShareInput,
        responses={
            201: CreatedShareSerializer,
            409: OpenApiResponse(description="It is private, or has too many links."),
            422: OpenApiResponse(description="Its answer is about single people or groups, or sensitive."),
        },
    )
    def post(self, request: Request, project_id: int, insight_id: UUID) -> Response:
        """Whoever has the link sees the answer as it is then."""
        insight = _entered(request, project_id, insight_id)
        given = ShareInput(data=request.data)
        given.is_valid(raise_exception=True)
        share, token = shares.create(insight=insight, actor=Actor.of(request), **given.validated_data)
        url = request.build_absolute_uri(reverse("shared", args=[token]))
        body = {**ShareSerializer(share).data, "url": url}
        return Response(body, status=201, headers={"Cache-Control": "no-store"})


class ShareView(APIView):
    @extend_schema(
        tags=_TAGS, operation_id="insights_share_revoke", summary="Revoke a public link", responses={204: None}
    )
    def delete(self, request: Request, project_id: int, insight_id: UUID, share_id: int) -> Response:
        """Nobody sees anything through it any more."""
        insight = _entered(request, project_id, insight_id)
        shares.revoke(share=access.share_of(insight, share_id=share_id), actor=Actor.of(request))
        return Response(status=204)


def _entered(request: Request, project_id: int, insight_id: UUID) -> Insight:
    actor = Actor.of(request)
    project = access.project(actor, project_id=project_id, capability=Capability.SHARE_INSIGHTS)
    return access.insight(actor, project, insight_id=insight_id)
