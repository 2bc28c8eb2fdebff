"""Django's British formats, with the clock of 24 hours that rosters are kept in."""

TIME_FORMAT = "H:i"
DATETIME_FORMAT = "j M Y, H:i"
