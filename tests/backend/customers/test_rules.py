"""Contacts and addresses as people type them."""

from backend.core.errors import ErrorCode
from backend.customers.rules import Contact, PostalAddress, clean_address, clean_contact
from tests.refusals import refused


def test_a_contact_is_trimmed_and_its_email_put_in_lower_case() -> None:
    given = Contact(name="  Ada King ", email=" Ada@Example.COM ", phone="+44 20 7946 0958")
    assert clean_contact(given, field=("guest",)) == Contact(
        name="Ada King", email="ada@example.com", phone="+44 20 7946 0958"
    )


def test_everything_wrong_with_a_contact_is_told_at_once() -> None:
    assert refused(clean_contact, Contact(name=" ", email="ada", phone="call me"), field=("guest",)) == [
        (ErrorCode.REQUIRED, "guest.name"),
        (ErrorCode.INVALID_INPUT, "guest.email"),
        (ErrorCode.INVALID_INPUT, "guest.phone"),
    ]


def test_an_address_gets_its_postcode_as_royal_mail_writes_it() -> None:
    given = PostalAddress(line1="10 Downing Street", city="London", postcode="sw1a2aa", country="gb")
    assert clean_address(given, field=("address",)) == PostalAddress(
        line1="10 Downing Street", city="London", postcode="SW1A 2AA", country="GB"
    )


def test_everything_wrong_with_an_address_is_told_at_once() -> None:
    given = PostalAddress(line1="", line2="x" * 201, city="Lon\x07don", postcode="nowhere", country="FR")
    assert refused(clean_address, given, field=("address",)) == [
        (ErrorCode.REQUIRED, "address.line1"),
        (ErrorCode.TOO_LONG, "address.line2"),
        (ErrorCode.INVALID_INPUT, "address.city"),
        (ErrorCode.INVALID_INPUT, "address.postcode"),
        (ErrorCode.INVALID_INPUT, "address.country"),
    ]


def test_half_a_postcode_is_no_address() -> None:
    assert refused(clean_address, PostalAddress(line1="1", city="London", postcode="SW1A"), field=("address",)) == [
        (ErrorCode.INVALID_INPUT, "address.postcode")
    ]
