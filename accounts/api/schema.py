"""The API's description as OpenAPI."""

import functools

from django.http import HttpResponse
from drf_spectacular.generators import SchemaGenerator
from drf_spectacular.renderers import OpenApiJsonRenderer, OpenApiYamlRenderer
from drf_spectacular.utils import extend_schema
from drf_spectacular.views import SpectacularAPIView
from rest_framework.request import Request
from rest_framework.views import APIView


class SchemaView(APIView):
    """The same for everybody, and a process writes it once in each form: it is long, and anybody may ask."""

    authentication_classes = ()
    permission_classes = ()
    renderer_classes = SpectacularAPIView.renderer_classes

    @extend_schema(exclude=True)
    def get(self, request: Request) -> HttpResponse:
        """Named as a file, for those who save it."""
        renderer = request.accepted_renderer
        return HttpResponse(
            _written(renderer.format),
            content_type=renderer.media_type,
            headers={"Content-Disposition": f'inline; filename="plumbline.{renderer.format}"'},
        )


@functools.cache
def _written(form: str) -> str | bytes:
    """As `json` or `yaml`."""
    schema = SchemaGenerator().get_schema(request=None, public=True)  # type: ignore[no-untyped-call]
    renderer = {"json": OpenApiJsonRenderer, "yaml": OpenApiYamlRenderer}[form]
    return renderer().render(schema, renderer_context={})
