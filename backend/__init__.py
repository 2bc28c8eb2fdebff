"""The Django project: settings, the two server entry points, and one folder per domain."""
