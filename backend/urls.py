"""Addresses: the GraphQL endpoint, the back office, uploaded files, and two questions about health."""

from django.contrib import admin
from django.urls import include, path

from backend.core import files, health

urlpatterns = [
    path("healthz", health.healthz),
    path("readyz", health.readyz),
    path("files/<str:link>", files.show_file),
    path("admin/", admin.site.urls),
    # Named by string: the project does not import its face (import-linter, contract "face").
    path("", include("schema.urls")),
]
