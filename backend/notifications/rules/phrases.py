"""Words that are put together by the program, not by a template. Each is translated like a template's paragraph."""

from enum import StrEnum


class Phrase(StrEnum):
    """What is translated, with its gaps in braces."""

    DEAR = "Dear {name},"
    HELLO = "Hello,"
    DAY = "l j F Y"
    """A date, in Django's letters: `Monday 1 March 2027`."""
    CLOCK = "H:i"
    """A time of day, in Django's letters."""
    MOMENT = "{day}, {time}"
    DAY_AT = "{day} at {time}"
    SPAN = "{day}, {start} to {end}"
    HOURS = "{start} to {end}"
    IN_ZONE = "{when} ({zone})"
    WITH = "{what} with {who}"
    CALLED_OFF = "{what} (called off)"
    DISCOUNT = "Discount"
    TOTAL = "Total"
    WEEKLY = "every week"
    BIWEEKLY = "every two weeks"
    MONTHLY = "every month"
    UNSUBSCRIBE = "No more messages of this kind"
    ASK_UNSUBSCRIBE = "Do you want no more mails of this kind?"
    DO_UNSUBSCRIBE = "No more mails of this kind"
    UNSUBSCRIBED = "Done: you get no more mails of this kind."
    NOT_OURS = "This link is not one of ours."
    DELIVERIES = "Deliveries that wait for a person: {count}"
    MESSAGES = "Messages that could not be sent: {count}"
