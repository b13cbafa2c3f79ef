"""Webhooks over HTTP: where an organization is told of the ends of its jobs, and what was sent."""

from datetime import timedelta
from typing import Any
from uuid import UUID

from django.db.models import QuerySet
from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework.generics import ListAPIView
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts import access as accounts_access
from accounts.access import Actor
from accounts.models import Organization
from accounts.permissions import Capability
from inference import access
from inference.api.webhook_serializers import (
    CreatedWebhookSerializer,
    DeliverySerializer,
    RotateWebhookInput,
    WebhookChange,
    WebhookInput,
    WebhookSerializer,
)
from inference.models import WebhookDelivery, WebhookEndpoint
from inference.services import deliveries, endpoints

_TAGS = ["webhooks"]
_SECRET = "The webhook with its `secret`, which is in no other answer."
# Nobody on the way keeps an answer that has a secret in it.
_UNKEPT = {"Cache-Control": "no-store"}


class WebhooksView(ListAPIView[WebhookEndpoint]):
    """An organization's webhooks, newest first."""

    serializer_class = WebhookSerializer
    queryset = WebhookEndpoint.objects.none()

    def get_queryset(self) -> "QuerySet[WebhookEndpoint]":
        actor = Actor.of(self.request)
        return access.webhooks(actor, organization=_entered(actor, self.kwargs["organization"]))

    @extend_schema(tags=_TAGS, operation_id="webhooks_list", summary="List webhooks")
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        return super().get(request, *args, **kwargs)

    @extend_schema(
        tags=_TAGS,
        operation_id="webhooks_create",
        summary="Make a webhook",
        request=WebhookInput,
        responses={
            201: OpenApiResponse(CreatedWebhookSerializer, _SECRET),
            409: OpenApiResponse(description="There are ten already, or one with this address."),
        },
    )
    def post(self, request: Request, organization: str) -> Response:
        actor = Actor.of(request)
        found = _entered(actor, organization)
        access.webhooks(actor, organization=found)
        given = WebhookInput(data=request.data)
        given.is_valid(raise_exception=True)
        made, secret = endpoints.create(organization=found, actor=actor, **given.validated_data)
        return _with_secret(made, secret, status=201)


class WebhookView(APIView):
    @extend_schema(tags=_TAGS, operation_id="webhooks_get", summary="One webhook", responses=WebhookSerializer)
    def get(self, request: Request, organization: str, webhook_id: UUID) -> Response:
        return Response(WebhookSerializer(_found(Actor.of(request), organization, webhook_id)).data)

    @extend_schema(
        tags=_TAGS,
        operation_id="webhooks_change",
        summary="Change a webhook, or switch it on or off",
        request=WebhookChange,
        responses=WebhookSerializer,
    )
    def patch(self, request: Request, organization: str, webhook_id: UUID) -> Response:
        actor = Actor.of(request)
        found = _found(actor, organization, webhook_id)
        given = WebhookChange(data=request.data, partial=True)
        given.is_valid(raise_exception=True)
        values = dict(given.validated_data)
        is_on = values.pop("enabled", None)
        changed = endpoints.change(endpoint=found, actor=actor, **values)
        if is_on is not None:
            changed = endpoints.switch(endpoint=changed, actor=actor, is_on=is_on)
        return Response(WebhookSerializer(changed).data)

    @extend_schema(tags=_TAGS, operation_id="webhooks_delete", summary="Delete a webhook", responses={204: None})
    def delete(self, request: Request, organization: str, webhook_id: UUID) -> Response:
        """With the messages that were and were to be sent to it."""
        actor = Actor.of(request)
        endpoints.delete(endpoint=_found(actor, organization, webhook_id), actor=actor)
        return Response(status=204)


class WebhookRotateView(APIView):
    @extend_schema(
        tags=_TAGS,
        operation_id="webhooks_rotate",
        summary="Replace the secret of a webhook",
        request=RotateWebhookInput,
        responses={200: OpenApiResponse(CreatedWebhookSerializer, _SECRET)},
    )
    def post(self, request: Request, organization: str, webhook_id: UUID) -> Response:
        """For as long as you say, what is sent is signed with both."""
        actor = Actor.of(request)
        found = _found(actor, organization, webhook_id)
        given = RotateWebhookInput(data=request.data)
        given.is_valid(raise_exception=True)
        overlap = timedelta(hours=given.validated_data["overlap_hours"])
        rotated, secret = endpoints.rotate(endpoint=found, actor=actor, overlap=overlap)
        return _with_secret(rotated, secret, status=200)


class WebhookTestView(APIView):
    @extend_schema(
        tags=_TAGS,
        operation_id="webhooks_test",
        summary="Send a test message",
        request=None,
        responses={202: DeliverySerializer},
    )
    def post(self, request: Request, organization: str, webhook_id: UUID) -> Response:
        found = _found(Actor.of(request), organization, webhook_id)
        return Response(DeliverySerializer(deliveries.send_test(endpoint=found)).data, status=202)


class DeliveriesView(ListAPIView[WebhookDelivery]):
    """What was sent, or is to be, to a webhook: newest first, of the last 30 days."""

    serializer_class = DeliverySerializer
    queryset = WebhookDelivery.objects.none()

    def get_queryset(self) -> "QuerySet[WebhookDelivery]":
        found = _found(Actor.of(self.request), self.kwargs["organization"], self.kwargs["webhook_id"])
        return WebhookDelivery.objects.filter(endpoint=found).defer("body")

    @extend_schema(tags=_TAGS, operation_id="deliveries_list", summary="List what was sent")
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        return super().get(request, *args, **kwargs)


class ResendView(APIView):
    @extend_schema(
        tags=_TAGS,
        operation_id="deliveries_resend",
        summary="Send a message again",
        request=None,
        responses={
            202: DeliverySerializer,
            409: OpenApiResponse(description="It is still to be sent, or the webhook is off."),
        },
    )
    def post(self, request: Request, organization: str, webhook_id: UUID, delivery_id: UUID) -> Response:
        """Under the same id, and again for as long as it is not taken."""
        found = _found(Actor.of(request), organization, webhook_id)
        sent = deliveries.resend(delivery=access.delivery(found, delivery_id=delivery_id))
        return Response(DeliverySerializer(sent).data, status=202)


def _entered(actor: Actor, organization: str) -> Organization:
    return accounts_access.organization(actor, slug=organization, capability=Capability.MANAGE_WEBHOOKS)


def _found(actor: Actor, organization: str, webhook_id: UUID) -> WebhookEndpoint:
    return access.webhook(actor, organization=_entered(actor, organization), endpoint_id=webhook_id)


def _with_secret(endpoint: WebhookEndpoint, secret: str, *, status: int) -> Response:
    body = {**WebhookSerializer(endpoint).data, "secret": secret}
    return Response(body, status=status, headers=_UNKEPT)
