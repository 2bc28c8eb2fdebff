"""A believable business to look at: what `make up` puts into an empty database, and the story that `make demo` tells.

Stands above every domain, since it calls their actions, and is installed in development and tests only (ADR 0009).
"""
