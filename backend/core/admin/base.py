"""The classes that a domain's tables are shown with."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING, Any

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.contrib.admin.options import IncorrectLookupParameters
from django.contrib.admin.utils import unquote
from django.contrib.admin.views.main import ERROR_FLAG
from django.core.exceptions import PermissionDenied, ValidationError
from django.db.models import ForeignKey, ManyToManyField, Model, QuerySet
from django.http import (
    Http404,
    HttpRequest,
    HttpResponse,
    HttpResponseNotAllowed,
    HttpResponseRedirect,
    StreamingHttpResponse,
)
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.decorators import method_decorator
from django.utils.html import format_html, format_html_join
from django.utils.http import url_has_allowed_host_and_scheme, urlencode
from django.utils.safestring import SafeString
from django.views.decorators.csrf import csrf_protect
from unfold.forms import ActionForm
from unfold.widgets import UnfoldAdminTextInputWidget

from backend.core import clock
from backend.core.admin.doing import RowAction, address_of, carry_out, offered_from_above
from backend.core.admin.export import csv_response
from backend.core.admin.filters import OfOfficeFilter
from backend.core.admin.history import ON_A_PAGE, Step, history_of
from backend.core.admin.viewing import viewer_of
from backend.core.business import business
from backend.core.errors import AccessError, Refusal, Refusals
from backend.core.viewer import Permission, Viewer

# Unfold's classes are Django's with another look, and carry no types.
if TYPE_CHECKING:
    from django.contrib.admin import StackedInline, TabularInline

    class UnfoldAdmin(admin.ModelAdmin[Any]):
        """Unfold's."""
else:
    from unfold.admin import ModelAdmin as UnfoldAdmin
    from unfold.admin import StackedInline, TabularInline


class ReasonForm(ActionForm):  # type: ignore[misc]
    """The choice of what to do to the chosen rows, and why: some of it has to say."""

    reason = forms.CharField(
        required=False,
        max_length=500,
        label="",
        widget=UnfoldAdminTextInputWidget({"placeholder": "Reason, where one is asked for"}),
    )


class _NoTransaction(admin.ModelAdmin[Any]):
    """Behind unfold's classes and before Django's."""

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


class BackOffice(UnfoldAdmin, _NoTransaction):
    """Shows what its viewer may see, and nothing of it can be deleted: what may go is decided by actions.

    Every row comes from `visible_to`: lists, searches, choices of related rows, pages and their histories. A row out of
    sight is not found, as one that does not exist.
    """

    icon = "table_rows"
    open_to: Collection[Permission] | None = None
    """Managers with any of these flags get in; None: admins alone."""
    row_actions: Sequence[RowAction] = ()
    exports = False
    """Whether the list can be had as a file."""

    show_full_result_count = False
    list_filter_submit = True
    list_before_template = "back_office/list_tools.html"
    change_form_outer_before_template = "back_office/row_actions.html"
    view_on_site = False

    def visible_to(self, viewer: Viewer) -> QuerySet[Any]:
        """The rows that a viewer who is let in may see. Domains answer with their own query."""
        rows: QuerySet[Any] = self.model._default_manager.all()
        return rows if viewer.is_admin else rows.none()

    def admits(self, viewer: Viewer) -> bool:
        """Whether the viewer may look at this table at all."""
        return viewer.is_admin or any(viewer.may(flag) for flag in self.open_to or ())

    # --- Who sees what

    def has_module_permission(self, request: HttpRequest) -> bool:
        return self.admits(viewer_of(request))

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self.admits(viewer_of(request))

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        rows = self.visible_to(viewer_of(request))
        ordering = self.get_ordering(request)
        return rows.order_by(*ordering) if ordering else rows

    def get_field_queryset(self, db: str | None, db_field: Any, request: HttpRequest) -> QuerySet[Any] | None:
        """Choices of related rows, drawn and accepted, are those of the related table's own list."""
        office = self.admin_site._registry.get(db_field.remote_field.model)
        return office.get_queryset(request) if office else super().get_field_queryset(db, db_field, request)

    def get_list_filter(self, request: HttpRequest) -> Any:
        """Filters by related rows offer only those in sight."""
        return [self._in_sight(each) for each in super().get_list_filter(request)]

    def _in_sight(self, item: Any) -> Any:
        if isinstance(item, str) and "__" not in item:
            field = self.opts.get_field(item)
            if isinstance(field, ForeignKey | ManyToManyField):
                return item, OfOfficeFilter
        return item

    def lookup_allowed(self, lookup: str, value: Any, request: HttpRequest) -> bool:
        """Only what a filter offers: others would find out, letter by letter, what is not shown."""
        filters = [item[0] if isinstance(item, tuple) else item for item in self.get_list_filter(request)]
        filters = [getattr(item, "parameter_name", item) for item in filters]
        names = {name.split("__")[0] for name in (*filters, self.date_hierarchy) if isinstance(name, str)}
        first = lookup.split("__")[0]
        if first not in names and any(first == field.name for field in self.opts.get_fields()):
            return False
        return super().lookup_allowed(lookup, value, request)

    def _get_obj_does_not_exist_redirect(self, request: HttpRequest, opts: Any, object_id: str) -> HttpResponse:
        raise Http404("There is no such row.")

    # --- What can be done to rows

    def get_urls(self) -> list[URLPattern]:
        name = f"{self.opts.app_label}_{self.opts.model_name}"
        own = [path("<path:object_id>/do/<slug:action>/", self.admin_site.admin_view(self.do_view), name=f"{name}_do")]
        if self.exports:
            own.append(path("export/", self.admin_site.admin_view(self.export_view), name=f"{name}_export"))
        return own + super().get_urls()

    @property
    def all_actions(self) -> list[RowAction]:
        """What can be done to rows here: what domains above offer, then the table's own."""
        return [*offered_from_above(self.opts.label), *self.row_actions]

    def actions_for(self, viewer: Viewer) -> list[RowAction]:
        """What the viewer is offered to do here."""
        return [action for action in self.all_actions if action.is_for(viewer)]

    def get_actions(self, request: HttpRequest) -> dict[str, Any]:
        """What can be done to many rows at once."""
        return {action.name: (_to_many, action.name, action.label) for action in self.actions_for(viewer_of(request))}

    def response_action(self, request: HttpRequest, queryset: QuerySet[Any], *args: Any, **kwargs: Any) -> Any:
        """As Django's, without what was chosen and can be no id, which it would ask the database for."""
        chosen = request.POST.getlist(ACTION_CHECKBOX_NAME)
        ids = [each for each in chosen if self._may_be_id(each)]
        if ids != chosen:
            given = request.POST.copy()
            given.setlist(ACTION_CHECKBOX_NAME, ids)
            request.POST = given  # type: ignore[assignment]
        return super().response_action(request, queryset, *args, **kwargs)

    def _may_be_id(self, text: str) -> bool:
        try:
            self.opts.pk.clean(text, None)
        except ValidationError:
            return False
        return "\x00" not in text

    @property
    def action_form(self) -> Any:
        """With a field for the reason where something asks for one."""
        return ReasonForm if any(action.asks_reason for action in self.all_actions) else ActionForm

    def do_view(self, request: HttpRequest, object_id: str, action: str) -> HttpResponse:
        """One action to one row, by POST."""
        if request.method != "POST":
            return HttpResponseNotAllowed(["POST"])
        if not self.has_view_permission(request):
            raise PermissionDenied
        chosen = next((each for each in self.actions_for(viewer_of(request)) if each.name == action), None)
        row = self.get_object(request, unquote(object_id))
        if chosen is None or row is None:
            raise Http404("There is no such row, or nothing of that name to do to it.")
        name = str(row)
        if carry_out(request, [row], chosen):
            messages.success(request, f"{name}: {chosen.done}.")
        return self._back(request, object_id)

    def _back(self, request: HttpRequest, object_id: str) -> HttpResponseRedirect:
        """To where the button stood, if that is a page of ours; a row that is gone leaves its list."""
        target = request.GET.get("next", "")
        if url_has_allowed_host_and_scheme(target, allowed_hosts={request.get_host()}):
            return HttpResponseRedirect(target)
        if self.get_object(request, unquote(object_id)) is None:
            return redirect(f"admin:{self.opts.app_label}_{self.opts.model_name}_changelist")
        return redirect(f"admin:{self.opts.app_label}_{self.opts.model_name}_change", object_id)

    def get_list_display(self, request: HttpRequest) -> Any:
        """With the buttons of each row, where there are any."""
        columns = [*super().get_list_display(request)]
        clickable = [action for action in self.actions_for(viewer_of(request)) if not action.asks_reason]
        if not clickable or self.is_popup(request):
            return columns
        here = urlencode({"next": request.get_full_path()})

        @admin.display(description="")
        def buttons(row: Model) -> SafeString:
            # They stand in the list's own form, which carries the token against forgery.
            return format_html(
                '<div class="flex gap-2">{}</div>',
                format_html_join(
                    "",
                    '<button type="submit" formmethod="post" formaction="{}?{}" class="{}">{}</button>',
                    (
                        (address_of(row, each), here, each.classes, each.label)
                        for each in clickable
                        if each.offered(row)
                    ),
                ),
            )

        return [*columns, buttons]

    def is_popup(self, request: HttpRequest) -> bool:
        """Whether the list stands in a window in which a related row is picked."""
        return "_popup" in request.GET

    def changeform_view(
        self,
        request: HttpRequest,
        object_id: str | None = None,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> Any:
        context = {**(extra_context or {}), "row_actions": self._offered_on_page(request, object_id)}
        return super().changeform_view(request, object_id, form_url, context)

    def _offered_on_page(self, request: HttpRequest, object_id: str | None) -> list[dict[str, Any]]:
        actions = self.actions_for(viewer_of(request))
        if object_id is None or not actions or not self.has_view_permission(request):
            return []
        row = self.get_object(request, unquote(object_id))
        return [
            {"action": each, "url": address_of(row, each), "class": each.classes}
            for each in actions
            if row is not None and each.offered(row)
        ]

    # --- What was done to a row

    def history_view(self, request: HttpRequest, object_id: str, extra_context: dict[str, Any] | None = None) -> Any:
        """From the trail, which has every write, whoever made it; what the row's page leaves out is left out here.

        Three statements more than finding the row, however long its history.
        """
        if not self.has_view_permission(request):
            raise PermissionDenied
        row = self.get_object(request, unquote(object_id))
        if row is None:
            raise Http404("There is no such row.")
        entries, step = history_of(self.opts.label, row.pk)
        pages = self.get_paginator(request, entries, ON_A_PAGE)
        steps = pages.get_page(request.GET.get("p", 1))
        hidden = set(self.get_exclude(request, row) or ())
        steps.object_list = [_without(step(entry), hidden) for entry in steps.object_list]
        context = {
            **self.admin_site.each_context(request),
            "title": f"History of {row}",
            "object": row,
            "opts": self.opts,
            "headers": ["When", "Who", "What", "Changes"],
            "steps": steps,
            **(extra_context or {}),
        }
        return TemplateResponse(request, "back_office/history.html", context)

    def log_addition(self, request: HttpRequest, obj: Any, message: Any) -> None:  # type: ignore[override]
        """Nothing: Django's own log would keep names of people that the trail forgets."""

    def log_change(self, request: HttpRequest, obj: Any, message: Any) -> None:  # type: ignore[override]
        """As `log_addition`."""

    def log_deletions(self, request: HttpRequest, queryset: Any) -> None:  # type: ignore[override]
        """As `log_addition`."""

    # --- The list as a file

    def export_view(self, request: HttpRequest) -> StreamingHttpResponse | HttpResponseRedirect:
        """The list as it is filtered and ordered, all its pages, as a stream of CSV.

        A filter that makes no sense leads to the list, which is where it was typed.
        """
        if not self.has_view_permission(request):
            raise PermissionDenied
        try:
            changelist = self.get_changelist_instance(request)
        except IncorrectLookupParameters:
            address = reverse(f"admin:{self.opts.app_label}_{self.opts.model_name}_changelist")
            return HttpResponseRedirect(f"{address}?{ERROR_FLAG}=1")
        columns = [*super().get_list_display(request)]
        name = f"{self.opts.verbose_name_plural} {business().today(clock.now())}.csv".replace(" ", "-")
        return csv_response(self, changelist.get_queryset(request), columns, name=name)

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> Any:
        context = dict(extra_context or {})
        if self.exports:
            address = reverse(f"admin:{self.opts.app_label}_{self.opts.model_name}_export")
            context["export_url"] = f"{address}?{request.GET.urlencode()}"
        return super().changelist_view(request, context)


def _without(step: Step, hidden: Collection[str]) -> Step:
    return replace(step, changes=[change for change in step.changes if change[0] not in hidden])


def _to_many(office: BackOffice, request: HttpRequest, rows: QuerySet[Any]) -> None:
    action = next(each for each in office.all_actions if each.name == request.POST["action"])
    count = carry_out(request, rows.order_by("pk"), action)  # who came first, is served first
    messages.success(request, f"{count} {action.done}.") if count else messages.info(request, f"0 {action.done}.")


class ReadOnlyAdmin(BackOffice):
    """To be looked at, and acted upon by its buttons alone."""


class ActionAdmin(BackOffice):
    """Forms that write through an action of the domain: what it refuses stands beside the field, as in the API."""

    written_by: Collection[Permission] | None = None
    """Managers with any of these flags are given the form; None: admins alone. The action decides about each row."""

    def has_add_permission(self, request: HttpRequest) -> bool:
        return self.writes(viewer_of(request))

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self.writes(viewer_of(request))

    def writes(self, viewer: Viewer) -> bool:
        """Whether the viewer is given the form."""
        return viewer.is_admin or any(viewer.may(flag) for flag in self.written_by or ())

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
                except (Refusal, Refusals, AccessError) as error:
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


def _show(form: forms.BaseForm, error: Refusal | Refusals | AccessError) -> None:
    """Each refusal at the form's field of its name, or above the form."""
    if isinstance(error, AccessError):
        form.add_error(None, error.message)
        return
    for refusal in error.refusals if isinstance(error, Refusals) else [error]:
        name = str(refusal.field[0]).removesuffix("_id") if refusal.field else None
        form.add_error(name if name in form.fields else None, refusal.in_words(business().zone))


class _LookedAt:
    """Parts of a row, shown on its page: they change with it, by its actions."""

    extra = 0
    can_delete = False
    show_change_link = False

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return True  # the page that they stand on has asked

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


class ReadOnlyTable(_LookedAt, TabularInline[Any, Any]):
    """Parts of a row, one below the other."""


class ReadOnlyStacked(_LookedAt, StackedInline[Any, Any]):
    """Parts of a row, each with its fields below one another."""
