"""Where the API answers."""

from django.urls import path
from django.views.decorators.csrf import csrf_exempt

from schema.calendar_pages import come_back, show_feed
from schema.unsubscribing import unsubscribe_page
from schema.views import GraphQLView

_view = csrf_exempt(GraphQLView.as_view())

# Without the slash as well: a redirect would turn a POST into a GET.
urlpatterns = [
    path("graphql/", _view, name="graphql"),
    path("graphql", _view),
    path("calendars/<str:provider>/callback", come_back),
    path("calendars/feeds/<str:token>.ics", show_feed),
    path("unsubscribe/<str:token>", unsubscribe_page),
]
