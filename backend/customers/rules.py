"""What an address is for, and what makes a contact and an address usable."""

import re
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from backend.core.errors import FieldPath, InvalidInput, Problems
from backend.core.languages import is_language_tag, known_language
from backend.core.text import clean_email, clean_text
from backend.geography.rules import format_postcode, is_outward_code, normalise_postcode

COUNTRY = "GB"
"""The only country whose postcodes we can place."""

ARCHIVED, MERGED, ERASED = "archived", "merged", "erased"
"""Tags with a meaning of their own. The first: a customer who is kept for the books alone."""

MAX_TAGS = 20

_PHONE = re.compile(r"\+?[0-9][0-9 ().-]{4,30}")


class AddressKind(StrEnum):
    """A customer has one default address of each kind."""

    SERVICE = "SERVICE"
    BILLING = "BILLING"
    OTHER = "OTHER"


@dataclass(frozen=True, slots=True, kw_only=True)
class Contact:
    """Who is to be reached."""

    name: str
    email: str
    phone: str = ""
    language: str = ""
    """In which it wants to be written to, such as `de` or `de-AT`; empty: it has not said."""


class _Customer(Protocol):
    @property
    def name(self) -> str: ...
    @property
    def email(self) -> str: ...
    @property
    def phone(self) -> str: ...


class _HasCustomerOrGuest(Protocol):
    @property
    def customer(self) -> _Customer | None: ...
    @property
    def guest_name(self) -> str: ...
    @property
    def guest_email(self) -> str: ...
    @property
    def guest_phone(self) -> str: ...


class OfCustomerOrGuest:
    """Whom to reach about what belongs to a customer or, without one, to a guest. Fetch `customer` with the row."""

    @property
    def contact_name(self: _HasCustomerOrGuest) -> str:
        """The customer's name, or the guest's."""
        return self.guest_name if self.customer is None else self.customer.name

    @property
    def contact_email(self: _HasCustomerOrGuest) -> str:
        """The customer's e-mail, or the guest's."""
        return self.guest_email if self.customer is None else self.customer.email

    @property
    def contact_phone(self: _HasCustomerOrGuest) -> str:
        """The customer's phone, or the guest's."""
        return self.guest_phone if self.customer is None else self.customer.phone


@dataclass(frozen=True, slots=True, kw_only=True)
class DataSubject:
    """Somebody who wants to know what is kept of it, or to be forgotten (docs/adr/0011-what-follows-a-customer.md).

    Known by its rows: the customer, those that were merged into it, and their accounts. What it did as a guest is known
    by its e-mails alone: by `proven` ones, since anybody can type any. `phones` are in E.164.
    """

    customer_ids: frozenset[int] = frozenset()
    user_ids: frozenset[int] = frozenset()
    emails: frozenset[str] = frozenset()
    proven: frozenset[str] = frozenset()
    phones: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class PostalAddress:
    """Where the work is."""

    line1: str
    line2: str = ""
    city: str
    postcode: str
    country: str = COUNTRY


def clean_contact(given: Contact, *, field: FieldPath) -> Contact:
    """The contact trimmed, its e-mail in lower case, its language one of ours.

    Everything wrong with it at once, under `field`.
    """
    problems = Problems()
    with problems:
        name = clean_text(given.name, field=(*field, "name"), max_length=200)
    with problems:
        email = clean_email(given.email, field=(*field, "email"))
    with problems:
        phone = clean_phone(given.phone, field=(*field, "phone"))
    with problems:
        language = clean_language(given.language, field=(*field, "language"))
    problems.raise_all()
    return Contact(name=name, email=email, phone=phone, language=language)


def clean_language(value: str | None, *, field: FieldPath) -> str:
    """The language of ours that is meant; blank for one that we don't speak: nobody is turned away for that."""
    text = clean_text(value, field=field, max_length=35, required=False)
    if text and not is_language_tag(text):
        raise InvalidInput("This is no language: say `en`, `de` or `de-AT`.", field)
    return known_language(text, otherwise="")


def clean_phone(value: str | None, *, field: FieldPath) -> str:
    """A phone number that could be dialled, as it was typed; blank is allowed."""
    text = clean_text(value, field=field, max_length=32, required=False)
    if text and not _PHONE.fullmatch(text):
        raise InvalidInput("This is not a phone number.", field)
    return text


def clean_address(given: PostalAddress, *, field: FieldPath) -> PostalAddress:
    """The address trimmed, its postcode as Royal Mail writes it; everything wrong with it at once, under `field`.

    Says nothing about whether the postcode exists: `geography.queries.locate` does.
    """
    problems = Problems()
    with problems:
        line1 = clean_text(given.line1, field=(*field, "line1"), max_length=200)
    with problems:
        line2 = clean_text(given.line2, field=(*field, "line2"), max_length=200, required=False)
    with problems:
        city = clean_text(given.city, field=(*field, "city"), max_length=100)
    with problems:
        postcode = _full_postcode(given.postcode, field=(*field, "postcode"))
    with problems:
        country = clean_text(given.country, field=(*field, "country"), max_length=2).upper()
        if country != COUNTRY:
            raise InvalidInput("We only work in Great Britain (GB).", (*field, "country"))
    problems.raise_all()
    return PostalAddress(line1=line1, line2=line2, city=city, postcode=postcode, country=country)


def _full_postcode(text: str, *, field: FieldPath) -> str:
    code = normalise_postcode(text, field=field)
    if is_outward_code(code):
        raise InvalidInput("This is half a postcode: an address needs the whole one.", field)
    return format_postcode(code)


_TRUNK = re.compile(r"^(?:0044|44|0)")
MIN_DIGITS = 3
"""Fewer digits find no phone: everybody has them."""


def phone_digits(text: str) -> str:
    """The digits of a phone number without Britain's prefixes: `+44 20 7946` and `020 7946` are one, `207946`."""
    return _TRUNK.sub("", re.sub(r"[^0-9]", "", text))


def words_query(text: str) -> str:
    """A PostgreSQL text query for names with a word that starts like each word of `text`; empty without words."""
    return " & ".join(f"{word}:*" for word in re.findall(r"[^\W_]+", text))


def postcode_start(text: str) -> str:
    """The start of a postcode without its space, in upper case; empty for what can't be one."""
    code = re.sub(r"\s", "", text).upper()
    return code if re.fullmatch(r"[A-Z]{1,2}[0-9][A-Z0-9]{0,5}", code) else ""
