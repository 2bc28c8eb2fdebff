from django.apps import AppConfig
from django.contrib.admin import apps as admin


class CoreConfig(AppConfig):
    name = "backend.core"
    label = "core"


class BackOfficeConfig(admin.AdminConfig):
    """Django's admin with our site in it."""

    default = False  # of this folder's two, CoreConfig is what "backend.core" means
    default_site = "backend.core.admin.site.BackOfficeSite"
