"""Addresses: the GraphQL endpoint, the back office, and two questions about health."""

from django.contrib import admin
from django.urls import include, path

from backend.core import health

urlpatterns = [
    path("healthz", health.healthz),
    path("readyz", health.readyz),
    path("admin/", admin.site.urls),
    # Named by string: the project does not import its face (import-linter, contract "face").
    path("", include("schema.urls")),
]
