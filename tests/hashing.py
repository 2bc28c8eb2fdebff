"""Argon2 with its cost turned down, so that signing in a persona takes milliseconds."""

from django.contrib.auth.hashers import Argon2PasswordHasher


class CheapArgon2(Argon2PasswordHasher):
    """The algorithm of production at the least cost that it allows."""

    time_cost = 1
    memory_cost = 8
    parallelism = 1
