"""A project's events and properties: listed, and described by people."""

from django.db.models import QuerySet
from django_filters import rest_framework as filters
from drf_spectacular.utils import extend_schema, extend_schema_view
from rest_framework.generics import ListAPIView
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.access import Actor
from accounts.api.pagination import CursorPagination
from accounts.permissions import Capability
from analytics import access
from analytics.api.definition_serializers import (
    DescriptionSerializer,
    EventDefinitionSerializer,
    PropertyDefinitionSerializer,
    PropertyDescriptionSerializer,
)
from analytics.contracts import Kind
from analytics.models import EventDefinition, Project, PropertyDefinition
from analytics.querysets import EventDefinitionQuerySet, PropertyDefinitionQuerySet
from analytics.services import definitions

_TAGS = ["definitions"]


class ByName(CursorPagination):
    ordering = ("name", "id")


class EventFilter(filters.FilterSet):
    search = filters.CharFilter(method="mentioning", label="A part of the name or description.")
    hidden = filters.BooleanFilter()
    kind = filters.ChoiceFilter(choices=[(kind.value, kind.value) for kind in Kind])
    property = filters.NumberFilter(field_name="properties", label="Events that have had this property (its id).")

    def mentioning(self, rows: EventDefinitionQuerySet, name: str, text: str) -> EventDefinitionQuerySet:  # noqa: ARG002
        return rows.mentioning(text)


class PropertyFilter(filters.FilterSet):
    search = filters.CharFilter(method="mentioning", label="A part of the name or description.")
    hidden = filters.BooleanFilter()
    subject = filters.ChoiceFilter(choices=PropertyDefinition.Subject.choices)
    event = filters.NumberFilter(field_name="events", label="Properties that this event has had (its id).")

    def mentioning(self, rows: PropertyDefinitionQuerySet, name: str, text: str) -> PropertyDefinitionQuerySet:  # noqa: ARG002
        return rows.mentioning(text)


@extend_schema_view(
    get=extend_schema(tags=_TAGS, operation_id="events_definitions_list", summary="List a project's events")
)
class EventDefinitionsView(ListAPIView[EventDefinition]):
    """The events that have arrived, by name."""

    serializer_class = EventDefinitionSerializer
    filterset_class = EventFilter
    pagination_class = ByName
    queryset = EventDefinition.objects.none()

    def get_queryset(self) -> "QuerySet[EventDefinition]":
        return EventDefinition.objects.filter(project=_viewed(self.request, self.kwargs["project_id"]))


@extend_schema_view(
    get=extend_schema(
        tags=_TAGS, operation_id="properties_definitions_list", summary="List a project's properties"
    )
)
class PropertyDefinitionsView(ListAPIView[PropertyDefinition]):
    """The properties of events, people and groups that have arrived, by name."""

    serializer_class = PropertyDefinitionSerializer
    filterset_class = PropertyFilter
    pagination_class = ByName
    queryset = PropertyDefinition.objects.none()

    def get_queryset(self) -> "QuerySet[PropertyDefinition]":
        project = _viewed(self.request, self.kwargs["project_id"])
        return PropertyDefinition.objects.with_readings().filter(project=project)


class EventDefinitionView(APIView):
    @extend_schema(
        tags=_TAGS,
        operation_id="events_definitions_get",
        summary="One event",
        responses=EventDefinitionSerializer,
    )
    def get(self, request: Request, project_id: int, event_id: int) -> Response:
        found = access.event_definition(_viewed(request, project_id), definition_id=event_id)
        return Response(EventDefinitionSerializer(found).data)

    @extend_schema(
        tags=_TAGS,
        operation_id="events_definitions_update",
        summary="Describe or hide an event",
        request=DescriptionSerializer,
        responses=EventDefinitionSerializer,
    )
    def patch(self, request: Request, project_id: int, event_id: int) -> Response:
        found = access.event_definition(_edited(request, project_id), definition_id=event_id)
        return Response(EventDefinitionSerializer(_described(found, request)).data)


class PropertyDefinitionView(APIView):
    @extend_schema(
        tags=_TAGS,
        operation_id="properties_definitions_get",
        summary="One property",
        responses=PropertyDefinitionSerializer,
    )
    def get(self, request: Request, project_id: int, property_id: int) -> Response:
        found = access.property_definition(_viewed(request, project_id), definition_id=property_id)
        return Response(PropertyDefinitionSerializer(found).data)

    @extend_schema(
        tags=_TAGS,
        operation_id="properties_definitions_update",
        summary="Describe or hide a property, or mark it as sensitive",
        request=PropertyDescriptionSerializer,
        responses=PropertyDefinitionSerializer,
    )
    def patch(self, request: Request, project_id: int, property_id: int) -> Response:
        project, actor = _edited(request, project_id), Actor.of(request)
        found = access.property_definition(project, definition_id=property_id)
        given = PropertyDescriptionSerializer(data=request.data)
        given.is_valid(raise_exception=True)
        values = dict(given.validated_data)
        if (is_sensitive := values.pop("sensitive", None)) is not None:
            actor.require(project.organization_id, Capability.MARK_SENSITIVE)
            definitions.mark(definition=found, actor=actor, is_sensitive=is_sensitive)
        if values:
            definitions.describe(definition=found, actor=actor, **values)
        return Response(PropertyDefinitionSerializer(found).data)


def _viewed(request: Request, project_id: int) -> Project:
    return access.project(Actor.of(request), project_id=project_id, capability=Capability.VIEW_DATA)


def _edited(request: Request, project_id: int) -> Project:
    return access.project(Actor.of(request), project_id=project_id, capability=Capability.EDIT_DEFINITIONS)


def _described(definition: EventDefinition, request: Request) -> EventDefinition:
    given = DescriptionSerializer(data=request.data)
    given.is_valid(raise_exception=True)
    definitions.describe(definition=definition, actor=Actor.of(request), **given.validated_data)
    return definition
