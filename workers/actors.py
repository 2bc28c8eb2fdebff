"""All actors: importing this module makes every handler known to the broker."""

from workers import calendars, notifications, orders, partners, subscriptions
from workers.broker import broker

__all__ = ["broker", "calendars", "notifications", "orders", "partners", "subscriptions"]
