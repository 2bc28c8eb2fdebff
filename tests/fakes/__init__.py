"""Providers that can not be run here, over real HTTP, as strict as their references."""
