"""Swagger and Redoc over one schema, the same for every viewer."""

from drf_yasg.views import get_schema_view
from rest_framework.permissions import AllowAny

from api.schema import INFO

schema_view = get_schema_view(INFO, public=True, authentication_classes=[], permission_classes=[AllowAny])
swagger = schema_view.with_ui("swagger")
redoc = schema_view.with_ui("redoc")
schema = schema_view.without_ui()
