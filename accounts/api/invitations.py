"""The invitations of an organization. Their secret links are only in the e-mails."""

from typing import Any

from django.utils import timezone
from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework import serializers
from rest_framework.generics import ListAPIView
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts import access
from accounts.access import Actor
from accounts.models import Invitation
from accounts.permissions import Capability, Role
from accounts.querysets import InvitationQuerySet
from accounts.services import invitations

_TAGS = ["organizations"]
_FORBIDDEN = OpenApiResponse(description="Owners are invited by owners only.")
_NOT_OPEN = OpenApiResponse(description="It was accepted or revoked.")


class InvitationSerializer(serializers.ModelSerializer[Invitation]):
    role = serializers.ChoiceField(Role.choices)
    invited_by = serializers.EmailField(source="invited_by.email", default=None, allow_null=True)
    state = serializers.SerializerMethodField()

    class Meta:
        model = Invitation
        fields = (
            "id", "email", "role", "project_ids", "state", "invited_by", "created_at", "sent_at", "expires_at",
        )  # fmt: skip

    def get_state(self, invitation: Invitation) -> str:
        """Open, expired, accepted or revoked."""
        if invitation.accepted_at is not None:
            return "accepted"
        if invitation.revoked_at is not None:
            return "revoked"
        return "expired" if invitation.is_over(timezone.now()) else "open"


class InvitationInput(serializers.Serializer[object]):
    email = serializers.EmailField(max_length=254)
    role = serializers.ChoiceField(Role.choices)
    project_ids = serializers.ListField(
        child=serializers.IntegerField(min_value=1, max_value=2**63 - 1),
        required=False,
        max_length=1_000,
        help_text="Limited projects that an analyst or viewer is chosen for on accepting.",
    )


class InvitationsView(ListAPIView[Invitation]):
    """The invitations, and making one."""

    serializer_class = InvitationSerializer

    def get_queryset(self) -> InvitationQuerySet:
        if getattr(self, "swagger_fake_view", False):
            return Invitation.objects.none()
        actor, slug = Actor.of(self.request), self.kwargs["organization"]
        found = access.organization(actor, slug=slug, capability=Capability.MANAGE_MEMBERS)
        return Invitation.objects.of(found).select_related("invited_by")

    @extend_schema(
        operation_id="organizations_invitations_list",
        summary="List the invitations",
        description="In every state, the newest first.",
        tags=_TAGS,
    )
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        return super().get(request, *args, **kwargs)

    @extend_schema(
        operation_id="organizations_invitations_create",
        summary="Invite somebody",
        description="Sends an e-mail whose link is good for seven days. Who accepts it is chosen for the limited "
        "projects that are named.",
        tags=_TAGS,
        request=InvitationInput,
        responses={
            201: InvitationSerializer,
            403: _FORBIDDEN,
            409: OpenApiResponse(description="The person is a member, or is invited, already."),
            429: OpenApiResponse(description="Too many people were invited within a day."),
        },
    )
    def post(self, request: Request, organization: str) -> Response:
        actor = Actor.of(request)
        found = access.organization(actor, slug=organization, capability=Capability.MANAGE_MEMBERS)
        given = InvitationInput(data=request.data)
        given.is_valid(raise_exception=True)
        values = {**given.validated_data, "role": Role(given.validated_data["role"])}
        invitation = invitations.invite(organization=found, actor=actor, **values)
        return Response(InvitationSerializer(invitation).data, status=201)


class InvitationView(APIView):
    """One invitation."""

    @extend_schema(
        operation_id="organizations_invitations_get",
        summary="Get an invitation",
        tags=_TAGS,
        responses=InvitationSerializer,
    )
    def get(self, request: Request, organization: str, invitation_id: int) -> Response:
        return Response(InvitationSerializer(_invitation(request, organization, invitation_id)).data)

    @extend_schema(
        operation_id="organizations_invitations_delete",
        summary="Revoke an invitation",
        description="Its link opens nothing any more.",
        tags=_TAGS,
        responses={204: None, 403: _FORBIDDEN, 409: _NOT_OPEN},
    )
    def delete(self, request: Request, organization: str, invitation_id: int) -> Response:
        invitation = _invitation(request, organization, invitation_id)
        invitations.revoke(invitation=invitation, actor=Actor.of(request))
        return Response(status=204)


class ResendView(APIView):
    """Sending it once more."""

    @extend_schema(
        operation_id="organizations_invitations_resend",
        summary="Send an invitation again",
        description="With a new link and seven new days; the old link ends.",
        tags=_TAGS,
        request=None,
        responses={
            200: InvitationSerializer,
            403: _FORBIDDEN,
            409: _NOT_OPEN,
            429: OpenApiResponse(description="It was sent less than a minute ago."),
        },
    )
    def post(self, request: Request, organization: str, invitation_id: int) -> Response:
        invitation = _invitation(request, organization, invitation_id)
        sent = invitations.resend(invitation=invitation, actor=Actor.of(request))
        return Response(InvitationSerializer(sent).data)


def _invitation(request: Request, organization: str, invitation_id: int) -> Invitation:
    found = access.organization(Actor.of(request), slug=organization, capability=Capability.MANAGE_MEMBERS)
    return access.invitation_of(found, invitation_id=invitation_id)
