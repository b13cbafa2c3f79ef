"""The members of an organization."""

from django_filters import rest_framework as filters
from drf_spectacular.utils import OpenApiResponse, extend_schema, extend_schema_view
from rest_framework import serializers
from rest_framework.generics import ListAPIView
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts import access
from accounts.access import Actor
from accounts.models import Membership
from accounts.permissions import Capability, Role
from accounts.querysets import MembershipQuerySet
from accounts.services import members

_TAGS = ["organizations"]
_FORBIDDEN = OpenApiResponse(description="Owners are made, changed and removed by owners only.")
_LAST = OpenApiResponse(description="It is the last owner.")


class MembershipSerializer(serializers.ModelSerializer[Membership]):
    email = serializers.EmailField(source="user.email", read_only=True)
    name = serializers.CharField(source="user.name", read_only=True)
    role = serializers.ChoiceField(Role.choices)

    class Meta:
        model = Membership
        fields = ("id", "email", "name", "role", "created_at")
        read_only_fields = ("id", "created_at")


class RoleInput(serializers.Serializer[object]):
    role = serializers.ChoiceField(Role.choices)


class MemberFilter(filters.FilterSet):
    search = filters.CharFilter(method="mentioning", label="A part of the e-mail address or name.")
    role = filters.MultipleChoiceFilter(choices=Role.choices, label="Repeat it for several.")

    def mentioning(self, rows: MembershipQuerySet, name: str, text: str) -> MembershipQuerySet:  # noqa: ARG002
        return rows.mentioning(text)


@extend_schema_view(
    get=extend_schema(
        operation_id="organizations_members_list",
        summary="List the members",
        description="Those who came last first.",
        tags=_TAGS,
    )
)
class MembersView(ListAPIView[Membership]):
    """The members, page by page."""

    serializer_class = MembershipSerializer
    filterset_class = MemberFilter

    def get_queryset(self) -> MembershipQuerySet:
        if getattr(self, "swagger_fake_view", False):
            return Membership.objects.none()
        actor, slug = Actor.of(self.request), self.kwargs["organization"]
        found = access.organization(actor, slug=slug, capability=Capability.VIEW_MEMBERS)
        return Membership.objects.of(found).select_related("user")


class MemberView(APIView):
    """One member."""

    @extend_schema(
        operation_id="organizations_members_get",
        summary="Get a member",
        tags=_TAGS,
        responses=MembershipSerializer,
    )
    def get(self, request: Request, organization: str, member_id: int) -> Response:
        member = _member(request, organization, member_id, Capability.VIEW_MEMBERS)
        return Response(MembershipSerializer(member).data)

    @extend_schema(
        operation_id="organizations_members_update",
        summary="Change a member's role",
        tags=_TAGS,
        request=RoleInput,
        responses={200: MembershipSerializer, 403: _FORBIDDEN, 409: _LAST},
    )
    def patch(self, request: Request, organization: str, member_id: int) -> Response:
        member = _member(request, organization, member_id, Capability.MANAGE_MEMBERS)
        given = RoleInput(data=request.data)
        given.is_valid(raise_exception=True)
        role = Role(given.validated_data["role"])
        return Response(
            MembershipSerializer(members.change_role(membership=member, role=role, actor=Actor.of(request))).data
        )

    @extend_schema(
        operation_id="organizations_members_delete",
        summary="Remove a member",
        description="At once. What the person made stays.",
        tags=_TAGS,
        responses={204: None, 403: _FORBIDDEN, 409: _LAST},
    )
    def delete(self, request: Request, organization: str, member_id: int) -> Response:
        member = _member(request, organization, member_id, Capability.MANAGE_MEMBERS)
        members.remove(membership=member, actor=Actor.of(request))
        return Response(status=204)


def _member(request: Request, organization: str, member_id: int, capability: Capability) -> Membership:
    found = access.organization(Actor.of(request), slug=organization, capability=capability)
    return access.membership(found, membership_id=member_id)
