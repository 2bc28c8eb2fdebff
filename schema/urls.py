"""Where the API answers."""

from django.urls import path
from django.views.decorators.csrf import csrf_exempt

from schema.views import GraphQLView

urlpatterns = [path("graphql/", csrf_exempt(GraphQLView.as_view()), name="graphql")]
