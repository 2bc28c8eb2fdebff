"""HTTP: the WSGI application that web processes run, one request a thread."""

import gc
import os

from django.core.wsgi import get_wsgi_application
from django.urls import get_resolver

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "backend.settings.local")

application = get_wsgi_application()

# Addresses, and with them the whole schema, would be loaded by the first request.
_ = get_resolver().url_patterns

# What has been loaded by now stays: the collector need not look at it again and again. And a long answer makes many
# objects that are all needed until it is sent: look after 20,000 new ones, not 700. It saves a fifth of a list's time.
gc.collect()
gc.freeze()
gc.set_threshold(20_000, 50, 100)
