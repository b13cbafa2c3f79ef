"""What a secret key is told about itself."""

from typing import Any, cast

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.access import Actor
from accounts.errors import Unauthenticated
from accounts.models import Organization, SecretKey
from accounts.permissions import Scope


class OrganizationSerializer(serializers.ModelSerializer[Organization]):
    class Meta:
        model = Organization
        fields = ("name", "slug")


class SecretKeySerializer(serializers.ModelSerializer[SecretKey]):
    organization = OrganizationSerializer()
    scopes = serializers.ListField(child=serializers.ChoiceField(Scope.choices))

    class Meta:
        model = SecretKey
        fields = ("name", "hint", "scopes", "organization", "created_at", "last_used_at")


class CurrentKey(APIView):
    permission_classes = (AllowAny,)

    @extend_schema(
        operation_id="current_key",
        responses=SecretKeySerializer,
        tags=["keys"],
        auth=cast("Any", [{"secretKey": []}]),
    )
    def get(self, request: Request) -> Response:
        """The key that the request was sent with: its organization and scopes. Any scope will do."""
        key = Actor.of(request).secret_key
        if key is None:
            raise Unauthenticated("Send a secret key as 'Authorization: Bearer pls_…'; people have none.")
        return Response(SecretKeySerializer(key).data)
