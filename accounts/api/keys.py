"""Secret keys: what one is told about itself, and those of an organization, made, replaced and revoked."""

from datetime import timedelta
from typing import Any, cast

from django.db.models import QuerySet
from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework.generics import ListAPIView
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts import access
from accounts.access import Actor
from accounts.api.key_serializers import (
    CreatedKeySerializer,
    KeyInput,
    RotateInput,
    SecretKeyRowSerializer,
    SecretKeySerializer,
)
from accounts.errors import Unauthenticated
from accounts.models import Organization, SecretKey
from accounts.permissions import Capability
from accounts.services import secret_keys

_TAGS = ["keys"]
_SECRET = "The key with its `secret`, which is in no other answer."
# Nobody on the way keeps an answer that has a secret in it.
_UNKEPT = {"Cache-Control": "no-store"}


class CurrentKey(APIView):
    permission_classes = (AllowAny,)

    @extend_schema(
        operation_id="current_key",
        responses=SecretKeySerializer,
        tags=_TAGS,
        auth=cast("Any", [{"secretKey": []}]),
    )
    def get(self, request: Request) -> Response:
        """The key that the request was sent with: its organization and scopes. Any scope will do."""
        key = Actor.of(request).secret_key
        if key is None:
            raise Unauthenticated("Send a secret key as 'Authorization: Bearer pls_…'; people have none.")
        return Response(SecretKeySerializer(key).data)


class SecretKeysView(ListAPIView[SecretKey]):
    """An organization's secret keys, newest first, those that are over as well."""

    serializer_class = SecretKeyRowSerializer
    queryset = SecretKey.objects.none()

    def get_queryset(self) -> "QuerySet[SecretKey]":
        found = _entered(Actor.of(self.request), self.kwargs["organization"])
        return SecretKey.objects.filter(organization=found)

    @extend_schema(tags=_TAGS, operation_id="keys_list", summary="List secret keys")
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        return super().get(request, *args, **kwargs)

    @extend_schema(
        tags=_TAGS,
        operation_id="keys_create",
        summary="Make a secret key",
        description="A key makes keys of its own scopes only.",
        request=KeyInput,
        responses={
            201: OpenApiResponse(CreatedKeySerializer, description=_SECRET),
            400: OpenApiResponse(description="A field is not valid; it is named."),
        },
    )
    def post(self, request: Request, organization: str) -> Response:
        actor = Actor.of(request)
        found = _entered(actor, organization)
        given = KeyInput(data=request.data)
        given.is_valid(raise_exception=True)
        key, text = secret_keys.create(organization=found, actor=actor, **given.validated_data)
        return _with_secret(key, text, status=201)


class SecretKeyView(APIView):
    @extend_schema(
        tags=_TAGS, operation_id="keys_get", summary="Get a secret key", responses=SecretKeyRowSerializer
    )
    def get(self, request: Request, organization: str, key: int) -> Response:
        """One key: its scopes, when it was used last, when it ends."""
        found = _entered(Actor.of(request), organization)
        return Response(SecretKeyRowSerializer(access.key_of(found, key_id=key)).data)

    @extend_schema(tags=_TAGS, operation_id="keys_revoke", summary="Revoke a secret key", responses={204: None})
    def delete(self, request: Request, organization: str, key: int) -> Response:
        """It is refused at once, with the secret before as well."""
        actor = Actor.of(request)
        found = _entered(actor, organization)
        secret_keys.revoke(key=access.key_of(found, key_id=key), actor=actor)
        return Response(status=204)


class SecretKeyRotateView(APIView):
    @extend_schema(
        tags=_TAGS,
        operation_id="keys_rotate",
        summary="Replace the secret of a key",
        request=RotateInput,
        responses={
            200: OpenApiResponse(CreatedKeySerializer, description=_SECRET),
            409: OpenApiResponse(description="The key is revoked or expired."),
        },
    )
    def post(self, request: Request, organization: str, key: int) -> Response:
        """Name, scopes and limit stay; the old secret works beside the new one for as long as you say."""
        actor = Actor.of(request)
        found = _entered(actor, organization)
        given = RotateInput(data=request.data)
        given.is_valid(raise_exception=True)
        overlap = timedelta(hours=given.validated_data["overlap_hours"])
        chosen = access.key_of(found, key_id=key)
        rotated, text = secret_keys.rotate(key=chosen, actor=actor, overlap=overlap)
        return _with_secret(rotated, text, status=200)


def _entered(actor: Actor, organization: str) -> Organization:
    return access.organization(actor, slug=organization, capability=Capability.MANAGE_KEYS)


def _with_secret(key: SecretKey, text: str, *, status: int) -> Response:
    body = {**SecretKeyRowSerializer(key).data, "secret": text}
    return Response(body, status=status, headers=_UNKEPT)
