"""The back office as a whole: who gets in, what it is called, and the way about it."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from django.apps import apps
from django.conf import settings
from django.contrib import admin
from django.http import HttpRequest, HttpResponse, QueryDict
from django.urls import reverse, reverse_lazy
from django.utils import timezone
from django.utils.module_loading import import_string
from django.utils.text import capfirst

from backend.core.business import business

if TYPE_CHECKING:
    from django.contrib.admin import AdminSite as UnfoldAdminSite
else:
    from unfold.sites import UnfoldAdminSite


class BackOfficeSite(UnfoldAdminSite):
    """Unfold's site, on the business's clock, with this house's way of changing a password."""

    index_template = "back_office/dashboard.html"
    index_title = "Today"

    def admin_view(self, view: Callable[..., Any], cacheable: bool = False) -> Any:  # noqa: FBT001, FBT002
        return super().admin_view(_on_the_wall(_without_nul(view)), cacheable)

    def login(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        """By a form that counts the tries."""
        self.login_form = import_string(settings.ROTA_BACK_OFFICE_SIGN_IN_FORM)
        return super().login(request, extra_context)

    def password_change(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> Any:
        """Through the use case, which ends every other sign-in."""
        from django.contrib.auth.views import PasswordChangeView

        return PasswordChangeView.as_view(
            form_class=import_string(settings.ROTA_BACK_OFFICE_PASSWORD_FORM),
            success_url=reverse("admin:password_change_done"),
            extra_context={**self.each_context(request), **(extra_context or {})},
            template_name="registration/password_change_form.html",
        )(request)


def _without_nul(view: Callable[..., Any]) -> Callable[..., Any]:
    """PostgreSQL has no text with a NUL in it, and Django's filters ask it for what stands in the address."""

    def shown(request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        if "%00" in request.META.get("QUERY_STRING", ""):
            request.GET = QueryDict(request.META["QUERY_STRING"].replace("%00", ""), encoding=request.encoding)
        return view(request, *args, **kwargs)

    return _named_like(view, shown)


def _on_the_wall(view: Callable[..., Any]) -> Callable[..., Any]:
    """Times are shown, typed and filtered as on the business's wall. The page is drawn before that ends."""

    def shown(*args: Any, **kwargs: Any) -> Any:
        with timezone.override(business().zone):
            response = view(*args, **kwargs)
            return response.render() if hasattr(response, "render") else response

    return _named_like(view, shown)


def _named_like(view: Callable[..., Any], shown: Callable[..., Any]) -> Callable[..., Any]:
    """`shown` with what Django and unfold look for on a view."""
    for name in ("csrf_exempt", "model_admin"):
        if hasattr(view, name):
            setattr(shown, name, getattr(view, name))
    return shown


def business_name(request: HttpRequest) -> str:
    """What the back office is called."""
    return business().name


def environment_badge(request: HttpRequest) -> list[str] | None:
    """Where one is: so that nobody takes a trial for the real thing, or the real thing for a trial."""
    name: str = settings.ROTA_ENVIRONMENT
    return [name, "danger" if name.lower() == "production" else "warning"] if name else None


def navigation(request: HttpRequest) -> list[dict[str, Any]]:
    """What the viewer may look at, by domain, as settings order them."""
    order = settings.ROTA_BACK_OFFICE_ORDER
    tables = admin.site.get_app_list(request)
    tables.sort(key=lambda app: order.index(app["app_label"]) if app["app_label"] in order else len(order))
    home = {"title": "Today", "icon": "dashboard", "link": reverse_lazy("admin:index")}
    return [{"items": [home]}, *(_group(app) for app in tables)]


def _group(app: dict[str, Any]) -> dict[str, Any]:
    return {
        "title": capfirst(apps.get_app_config(app["app_label"]).verbose_name),
        "collapsible": True,
        "items": [
            {"title": capfirst(model["name"]), "icon": _icon(model["model"]), "link": model["admin_url"]}
            for model in app["models"]
        ],
    }


def _icon(model: Any) -> str:
    icon: str = getattr(admin.site.get_model_admin(model), "icon", "table_rows")
    return icon
