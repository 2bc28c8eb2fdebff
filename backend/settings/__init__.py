"""Settings: `base` for all, then `local`, `testing` or `production`."""
