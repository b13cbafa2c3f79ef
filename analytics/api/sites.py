"""The sites of a project: what Plausible's and Umami's clients name instead of a write key."""

from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.access import Actor
from accounts.permissions import Capability
from analytics import access
from analytics.api.serializers import SiteInput, SiteSerializer
from analytics.services import sites

_TAGS = ["projects"]


class SitesView(APIView):
    """The sites of a project."""

    @extend_schema(
        operation_id="projects_sites_list",
        summary="List a project's sites",
        tags=_TAGS,
        responses=SiteSerializer(many=True),
    )
    def get(self, request: Request, project_id: int) -> Response:
        project = access.project(Actor.of(request), project_id=project_id, capability=Capability.VIEW_DATA)
        return Response(SiteSerializer(project.sites.all(), many=True).data)

    @extend_schema(
        operation_id="projects_sites_create",
        summary="Add a site",
        description="A domain or a website's id; events that name it go to this project.",
        tags=_TAGS,
        request=SiteInput,
        responses={
            201: SiteSerializer,
            400: OpenApiResponse(description="It is no domain and no id."),
            409: OpenApiResponse(description="The name is taken, by this or another project."),
        },
    )
    def post(self, request: Request, project_id: int) -> Response:
        actor = Actor.of(request)
        project = access.project(actor, project_id=project_id, capability=Capability.MANAGE_PROJECTS)
        given = SiteInput(data=request.data)
        given.is_valid(raise_exception=True)
        site = sites.add(project=project, name=given.validated_data["name"], actor=actor)
        return Response(SiteSerializer(site).data, status=201)


class SiteView(APIView):
    """One site."""

    @extend_schema(operation_id="projects_sites_get", summary="Get a site", tags=_TAGS, responses=SiteSerializer)
    def get(self, request: Request, project_id: int, site_id: int) -> Response:
        actor = Actor.of(request)
        site = access.site(actor, project_id=project_id, site_id=site_id, capability=Capability.VIEW_DATA)
        return Response(SiteSerializer(site).data)

    @extend_schema(
        operation_id="projects_sites_delete",
        summary="Remove a site",
        description="Events that name it are refused from now on; what is stored stays.",
        tags=_TAGS,
        responses={204: None},
    )
    def delete(self, request: Request, project_id: int, site_id: int) -> Response:
        actor = Actor.of(request)
        site = access.site(actor, project_id=project_id, site_id=site_id, capability=Capability.MANAGE_PROJECTS)
        sites.remove(site=site, actor=actor)
        return Response(status=204)
