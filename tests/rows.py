"""What the database holds, to show that a refused request changed nothing."""

from typing import Any

from django.apps import apps

_OURS = "backend."


def snapshot() -> dict[str, list[dict[str, Any]]]:
    """All rows of all our tables, by model."""
    return {
        model._meta.label: list(model._default_manager.order_by("pk").values())
        for config in apps.get_app_configs()
        if config.name.startswith(_OURS)
        for model in config.get_models(include_auto_created=True)
    }
