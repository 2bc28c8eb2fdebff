"""`manage.py compile_translations`: write the compiled catalogue beside each source."""

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand

from backend.core.translations import catalogues, compiled, read_po


class Command(BaseCommand):
    """Needs nothing but Python."""

    help = "Compile the catalogues of translations."
    requires_system_checks: list[str] = []

    def handle(self, *args: Any, **options: Any) -> None:
        for source in catalogues(settings.BASE_DIR / "backend"):
            translations = read_po(source.read_text(encoding="utf-8"))
            source.with_suffix(".mo").write_bytes(compiled(translations))
            self.stdout.write(f"{source.relative_to(settings.BASE_DIR)}: {len(translations) - 1} texts")
