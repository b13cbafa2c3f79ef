"""Organizations: those of who asks, and their names."""

from django.db.models import F, FilteredRelation, Q
from drf_spectacular.utils import OpenApiResponse, extend_schema, extend_schema_view
from rest_framework import serializers
from rest_framework.generics import ListAPIView
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts import access
from accounts.access import Actor
from accounts.models import Organization
from accounts.permissions import Capability, Role
from accounts.querysets import OrganizationQuerySet
from accounts.services import organizations

_TAGS = ["organizations"]


class OrganizationRowSerializer(serializers.ModelSerializer[Organization]):
    role = serializers.ChoiceField(Role.choices, allow_null=True, default=None)

    class Meta:
        model = Organization
        fields = ("name", "slug", "role", "created_at", "deletes_at")
        read_only_fields = fields


class OrganizationInput(serializers.Serializer[object]):
    name = serializers.CharField(max_length=200, required=False)
    slug = serializers.CharField(max_length=organizations.LONGEST_SLUG, required=False)


@extend_schema_view(
    get=extend_schema(
        operation_id="organizations_list",
        summary="List your organizations",
        description="Those that you are a member of, with your role, the newest first; of a key, its own.",
        tags=_TAGS,
    )
)
class OrganizationsView(ListAPIView[Organization]):
    """The organizations of who asks."""

    serializer_class = OrganizationRowSerializer

    def get_queryset(self) -> OrganizationQuerySet:
        if getattr(self, "swagger_fake_view", False):
            return Organization.objects.none()
        actor = Actor.of(self.request)
        return with_role(access.organizations_of(actor), actor)


class OrganizationView(APIView):
    """One organization."""

    @extend_schema(
        operation_id="organizations_get",
        summary="Get an organization",
        tags=_TAGS,
        responses={200: OrganizationRowSerializer, 307: OpenApiResponse(description="It has another slug now.")},
    )
    def get(self, request: Request, organization: str) -> Response:
        actor = Actor.of(request)
        found = access.any_organization(actor, slug=organization)
        return _answer(actor, found.pk)

    @extend_schema(
        operation_id="organizations_update",
        summary="Rename an organization",
        description="What is not named stays. Addresses with the old slug lead to the new one.",
        tags=_TAGS,
        request=OrganizationInput,
        responses={200: OrganizationRowSerializer, 409: OpenApiResponse(description="The slug is taken.")},
    )
    def patch(self, request: Request, organization: str) -> Response:
        actor = Actor.of(request)
        found = access.organization(actor, slug=organization, capability=Capability.RENAME_ORGANIZATION)
        given = OrganizationInput(data=request.data)
        given.is_valid(raise_exception=True)
        organizations.rename(organization=found, actor=actor, **given.validated_data)
        return _answer(actor, found.pk)


def with_role(found: OrganizationQuerySet, actor: Actor) -> OrganizationQuerySet:
    """Each with the `role` of the person who asks; a key has none."""
    own = FilteredRelation("memberships", condition=Q(memberships__user=actor.user))
    return found.annotate(own=own, role=F("own__role"))


def _answer(actor: Actor, organization_id: int) -> Response:
    found = with_role(Organization.objects.filter(pk=organization_id), actor).get()
    return Response(OrganizationRowSerializer(found).data)
