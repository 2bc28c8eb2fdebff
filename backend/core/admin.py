"""What the back offices of the domains are made of. They show rows, and write by calling actions.

Only admins get in (`User.is_staff`), so the viewer behind a request is its id and that role.
"""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.db.models import Model, QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils.decorators import method_decorator
from django.views.decorators.csrf import csrf_protect

from backend.core import clock
from backend.core.errors import Refusal, Refusals
from backend.core.viewer import Role, Viewer


def viewer_of(request: HttpRequest) -> Viewer:
    """Who works in the back office."""
    return Viewer(user_id=request.user.pk, role=Role.ADMIN)


class BackOffice(admin.ModelAdmin[Any]):
    """Rows are never deleted here; the database's rules on what may go are not for a button."""

    show_full_result_count = False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def carry_out(
        self,
        request: HttpRequest,
        queryset: QuerySet[Any],
        action: Callable[[Viewer, Any, datetime], object],
        done: str,
    ) -> None:
        """Do `action` on each chosen row by itself; a refusal of one is told and holds up no other."""
        count = 0
        for row in queryset:
            try:
                action(viewer_of(request), row, clock.now())
                count += 1
            except (Refusal, Refusals) as refusal:
                self.message_user(request, f"{row}: {refusal}", messages.WARNING)
        self.message_user(request, f"{count} {done}.")


class ReadOnlyAdmin(BackOffice):
    """To be looked at."""

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


class ActionAdmin(BackOffice):
    """Forms that write through an action of the domain: what it refuses stands beside the field, as in the API."""

    def write(self, *, viewer: Viewer, row: Any, values: Mapping[str, Any], now: datetime) -> Model:
        """Call the action. `row` is None for a new one; `values` are the form's, cleaned."""
        raise TypeError(f"{type(self).__name__} does not say how to write")

    def get_form(
        self,
        request: HttpRequest,
        obj: Any = None,
        change: bool = False,  # noqa: FBT001, FBT002 - Django's signature
        **kwargs: Any,
    ) -> Any:
        base: Any = super().get_form(request, obj, change, **kwargs)
        write = self.write

        class ThroughAction(base):  # type: ignore[misc]
            """The action is the last step of validation, for its refusals are errors of the form."""

            def _post_clean(self) -> None:
                super()._post_clean()
                if self.errors:
                    return
                try:
                    self.written = write(viewer=viewer_of(request), row=obj, values=self.cleaned_data, now=clock.now())
                except (Refusal, Refusals) as error:
                    _show(self, error)

            def save(self, commit: bool = True) -> Any:  # noqa: FBT001, FBT002
                return self.written

            def save_m2m(self) -> None:
                """The action has saved everything."""

        return ThroughAction

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:  # noqa: FBT001
        """The action has saved it."""

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:  # noqa: FBT001
        """There are no inline forms: they would be checked after the action."""

    @method_decorator(csrf_protect)
    def changeform_view(
        self,
        request: HttpRequest,
        object_id: str | None = None,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        """As Django's, without its transaction: the action opens its own, and insists that it is the outermost."""
        return self._changeform_view(request, object_id, form_url, extra_context)  # type: ignore[attr-defined, no-any-return]


def _show(form: forms.BaseForm, error: Refusal | Refusals) -> None:
    """Each refusal at the form's field of its name, or above the form."""
    for refusal in error.refusals if isinstance(error, Refusals) else [error]:
        name = str(refusal.field[0]).removesuffix("_id") if refusal.field else None
        form.add_error(name if name in form.fields else None, refusal.message)
