"""What Stripe tells us. Its signature is the only way in: there is no session and no key."""

from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.billing.stripe import client, events
from accounts.errors import NotFound, TooLarge

# Stripe's events are some kilobytes.
MOST_BYTES = 1_000_000


@extend_schema(exclude=True)
class StripeEventsView(APIView):
    authentication_classes = ()
    permission_classes = (AllowAny,)

    def post(self, request: Request) -> Response:
        """200 once the event is kept, known or not and whether its work succeeded: that is ours to repeat."""
        if not client.is_configured():
            raise NotFound("Payments by Stripe are not set up here.")
        if int(request.headers.get("Content-Length") or 0) > MOST_BYTES:
            raise TooLarge("This is too large for an event.")
        signature = request.headers.get("Stripe-Signature", "")
        event = events.receive(payload=request.body, signature=signature, now=timezone.now())
        return Response({"event": event.pk, "processed": event.processed_at is not None})
