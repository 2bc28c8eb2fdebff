"""The languages that Rota speaks to people in."""

LANGUAGES = ("en", "de")
"""Those that the shipped texts exist in; the first is what they are written in."""


def known_language(wanted: object, *, otherwise: str) -> str:
    """The language that `wanted` stands for: `de-AT` is `de`. `otherwise` for none that is known."""
    code = str(wanted or "").replace("_", "-").partition("-")[0].lower()
    return code if code in LANGUAGES else otherwise
