"""`manage.py run_web`."""

import gc
from typing import Any

import uvicorn
from django.conf import settings
from django.core.management.base import BaseCommand, CommandParser
from django.utils.module_loading import import_string


class Command(BaseCommand):
    help = "Serve HTTP and websockets on one port."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--host", default=settings.ROTA_BIND, help="Address to listen on.")
        parser.add_argument("--port", type=int, default=settings.ROTA_PORT, help="Port to listen on.")

    def handle(self, *args: Any, **options: Any) -> None:
        """Until SIGTERM or SIGINT; running requests get five seconds to finish."""
        # Named by string: core knows nothing of what stands above it.
        application = import_string(settings.ASGI_APPLICATION)
        # What was loaded stays: the collector need not look at it again. With a thousand open sockets a full round
        # holds everyone up for half a second, so there are fewer of those, too.
        gc.collect()
        gc.freeze()
        gc.set_threshold(50_000, 20, 50)
        uvicorn.run(
            application,
            host=options["host"],
            port=options["port"],
            log_config=None,  # the settings configure logging
            access_log=False,
            # Whom to believe about addresses is told by TRUSTED_PROXIES alone.
            proxy_headers=False,
            server_header=False,
            ws_per_message_deflate=False,  # costs 83 KiB a socket
            ws_max_size=4 * settings.ROTA_LIMITS["max_message_bytes"],
            timeout_graceful_shutdown=5,
        )
