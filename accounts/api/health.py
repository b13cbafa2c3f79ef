"""Two questions of load balancers and monitors: is the process up, and is everything it needs."""

from dataclasses import asdict

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.queries import health


class HealthSerializer(serializers.Serializer[object]):
    status = serializers.ChoiceField(["ok"])


class CheckSerializer(serializers.Serializer[object]):
    name = serializers.CharField()
    ok = serializers.BooleanField()
    state = serializers.CharField()
    age_seconds = serializers.FloatField(allow_null=True)


class ReadinessSerializer(serializers.Serializer[object]):
    status = serializers.ChoiceField(["ready", "not_ready"])
    checks = CheckSerializer(many=True)


class _Open(APIView):
    """For machines that have no key. Nothing is read to know who asks, so that a fault elsewhere does not show."""

    authentication_classes = ()
    permission_classes = ()


class Healthz(_Open):
    @extend_schema(operation_id="healthz", responses=HealthSerializer, tags=["health"], auth=[])
    def get(self, request: Request) -> Response:  # noqa: ARG002 (REST framework's signature)
        """The process answers; nothing else is asked."""
        return Response({"status": "ok"}, headers={"Cache-Control": "no-store"})


class Readyz(_Open):
    @extend_schema(
        operation_id="readyz",
        responses={200: ReadinessSerializer, 503: ReadinessSerializer},
        tags=["health"],
        auth=[],
    )
    def get(self, request: Request) -> Response:  # noqa: ARG002 (REST framework's signature)
        """Database, Redis and the worker's progress, each with its state; 503 where one is not well."""
        checks = health.checks()
        ready = all(check.ok for check in checks)
        body = {"status": "ready" if ready else "not_ready", "checks": [asdict(check) for check in checks]}
        return Response(body, status=200 if ready else 503, headers={"Cache-Control": "no-store"})
