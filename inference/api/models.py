"""Models, their aliases, and an organization's own keys for providers."""

from typing import Any

from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.permissions import Capability
from inference import access
from inference.api.door import entered
from inference.api.model_serializers import (
    AliasInput,
    AliasSerializer,
    AliasTargetsInput,
    CredentialChange,
    CredentialInput,
    CredentialSerializer,
    CredentialTestInput,
    LanguageModelSerializer,
    ProviderKeyInput,
    wanted,
)
from inference.api.serializers import JobSerializer
from inference.models import Alias
from inference.queries import language_models
from inference.services import aliases, credentials

_TAGS = ["inference"]


class ModelsView(APIView):
    @extend_schema(
        tags=_TAGS,
        operation_id="inference_models_list",
        summary="The models that can be asked, and how they fare",
        responses=LanguageModelSerializer(many=True),
    )
    def get(self, request: Request) -> Response:
        """Figures are of your own calls; prices are micro-units of the currency for a million tokens."""
        _, found = entered(request, Capability.VIEW_JOBS)
        lines: Any = language_models.models_of(found.pk)  # many of what the serializer is typed for
        return Response(LanguageModelSerializer(lines, many=True).data)


class AliasesView(APIView):
    @extend_schema(
        tags=_TAGS,
        operation_id="inference_aliases_list",
        summary="List aliases of models",
        responses=AliasSerializer(many=True),
    )
    def get(self, request: Request) -> Response:
        """Your own, then the installation's."""
        _, found = entered(request, Capability.VIEW_JOBS)
        return Response(AliasSerializer(language_models.aliases_of(found.pk), many=True).data)

    @extend_schema(
        tags=_TAGS,
        operation_id="inference_aliases_create",
        summary="Create an alias of models",
        request=AliasInput,
        responses={201: AliasSerializer},
    )
    def post(self, request: Request) -> Response:
        """The first target that is well is asked, the next where it fails before its first token."""
        actor, found = entered(request, Capability.MANAGE_MODELS)
        given = _valid(AliasInput(data=request.data))
        made = aliases.create(
            organization=found, actor=actor, name=given["name"], targets=wanted(given["targets"])
        )
        return Response(AliasSerializer(made).data, status=201)


class AliasView(APIView):
    @extend_schema(
        tags=_TAGS, operation_id="inference_aliases_get", summary="Get an alias", responses=AliasSerializer
    )
    def get(self, request: Request, alias: str) -> Response:
        """One of your own."""
        _, found = entered(request, Capability.VIEW_JOBS)
        return Response(AliasSerializer(access.alias(found, name=alias)).data)

    @extend_schema(
        tags=_TAGS,
        operation_id="inference_aliases_update",
        summary="Give an alias other targets",
        request=AliasTargetsInput,
        responses=AliasSerializer,
    )
    def put(self, request: Request, alias: str) -> Response:
        """For jobs that start, or start again, from then on."""
        actor, found = entered(request, Capability.MANAGE_MODELS)
        chosen = access.alias(found, name=alias)
        given = _valid(AliasTargetsInput(data=request.data))
        aliases.change(alias=chosen, actor=actor, targets=wanted(given["targets"]))
        return Response(AliasSerializer(Alias.objects.get(pk=chosen.pk)).data)

    @extend_schema(
        tags=_TAGS, operation_id="inference_aliases_delete", summary="Delete an alias", responses={204: None}
    )
    def delete(self, request: Request, alias: str) -> Response:
        """Jobs that wait for it go to the model that they were created for."""
        actor, found = entered(request, Capability.MANAGE_MODELS)
        aliases.delete(alias=access.alias(found, name=alias), actor=actor)
        return Response(status=204)


class CredentialsView(APIView):
    @extend_schema(
        tags=_TAGS,
        operation_id="inference_credentials_list",
        summary="List own keys for providers",
        responses=CredentialSerializer(many=True),
    )
    def get(self, request: Request) -> Response:
        """Without those that are revoked. A key itself is in no answer."""
        _, found = entered(request, Capability.MANAGE_MODELS)
        return Response(CredentialSerializer(language_models.credentials_of(found.pk), many=True).data)

    @extend_schema(
        tags=_TAGS,
        operation_id="inference_credentials_create",
        summary="Add an own key for a provider",
        request=CredentialInput,
        responses={201: CredentialSerializer},
    )
    def post(self, request: Request) -> Response:
        """What is called with it, you pay the provider; it costs nothing here."""
        actor, found = entered(request, Capability.MANAGE_MODELS)
        given = _valid(CredentialInput(data=request.data))
        made = credentials.create(organization=found, actor=actor, **given)
        return Response(CredentialSerializer(made).data, status=201)


class CredentialView(APIView):
    @extend_schema(
        tags=_TAGS,
        operation_id="inference_credentials_get",
        summary="Get an own key's facts",
        responses=CredentialSerializer,
    )
    def get(self, request: Request, credential_id: int) -> Response:
        """Its name, provider, address and end; not the key."""
        _, found = entered(request, Capability.MANAGE_MODELS)
        return Response(CredentialSerializer(access.credential(found, credential_id=credential_id)).data)

    @extend_schema(
        tags=_TAGS,
        operation_id="inference_credentials_update",
        summary="Make an own key the default, or no more",
        request=CredentialChange,
        responses=CredentialSerializer,
    )
    def patch(self, request: Request, credential_id: int) -> Response:
        """The default of its provider is used wherever a job or an alias names no other."""
        actor, found = entered(request, Capability.MANAGE_MODELS)
        chosen = access.credential(found, credential_id=credential_id)
        given = _valid(CredentialChange(data=request.data))
        changed = credentials.set_default(credential=chosen, actor=actor, is_default=given["is_default"])
        return Response(CredentialSerializer(changed).data)

    @extend_schema(
        tags=_TAGS,
        operation_id="inference_credentials_revoke",
        summary="Revoke an own key",
        responses={204: None},
    )
    def delete(self, request: Request, credential_id: int) -> Response:
        """It is forgotten. Jobs that wait for it fail, targets of aliases with it are passed over."""
        actor, found = entered(request, Capability.MANAGE_MODELS)
        credentials.revoke(credential=access.credential(found, credential_id=credential_id), actor=actor)
        return Response(status=204)


class CredentialReplaceView(APIView):
    @extend_schema(
        tags=_TAGS,
        operation_id="inference_credentials_replace",
        summary="Put another key in an own key's place",
        request=ProviderKeyInput,
        responses=CredentialSerializer,
    )
    def post(self, request: Request, credential_id: int) -> Response:
        """Name, provider and address stay; calls under way end with the old one."""
        actor, found = entered(request, Capability.MANAGE_MODELS)
        chosen = access.credential(found, credential_id=credential_id)
        given = _valid(ProviderKeyInput(data=request.data))
        replaced = credentials.replace(credential=chosen, actor=actor, key=given["key"])
        return Response(CredentialSerializer(replaced).data)


class CredentialTestView(APIView):
    @extend_schema(
        tags=_TAGS,
        operation_id="inference_credentials_test",
        summary="Test an own key",
        request=CredentialTestInput,
        responses={202: OpenApiResponse(JobSerializer, "A job of a few tokens; its end says whether it works.")},
    )
    def post(self, request: Request, credential_id: int) -> Response:
        """By a small job, since only an answer proves that it works."""
        actor, found = entered(request, Capability.MANAGE_MODELS)
        chosen = access.credential(found, credential_id=credential_id)
        given = _valid(CredentialTestInput(data=request.data))
        job = credentials.try_out(credential=chosen, actor=actor, model=given["model"])
        return Response(JobSerializer(job).data, status=202)


def _valid(given: Any) -> dict[str, Any]:
    given.is_valid(raise_exception=True)
    return dict(given.validated_data)
