"""Customers and their addresses, as their viewers may see them."""

from collections.abc import Iterable
from contextlib import suppress
from typing import Any

from django.contrib.postgres.search import SearchQuery, SearchVector
from django.db.models import Q, QuerySet
from django.db.models.functions import Lower, Reverse

from backend.accounts.rules import international_number
from backend.core.errors import FieldPath, InvalidInput, InvalidTransition, NotAllowed, NotFound, Refusal, Required
from backend.core.persons import person_pattern
from backend.core.text import search_text
from backend.core.viewer import Viewer, require_signed_in
from backend.customers.models import PHONE_DIGITS, PLAIN_POSTCODE, Address, Customer
from backend.customers.rules import (
    ARCHIVED,
    ERASED,
    MIN_DIGITS,
    DataSubject,
    PostalAddress,
    clean_address,
    phone_digits,
    postcode_start,
    words_query,
)
from backend.geography.queries import locate
from backend.geography.rules import Place


def customers_visible_to(viewer: Viewer) -> QuerySet[Customer]:
    """Customers see themselves, managers those they manage, admins all. Staff know them by their visits alone."""
    rows = Customer.objects.all()
    if viewer.manages_all:
        return rows
    if viewer.manager is not None:
        return rows.filter(pk__in=viewer.manager.customer_ids)
    return rows.none() if viewer.customer_id is None else rows.filter(pk=viewer.customer_id)


def customers_of_office(viewer: Viewer, *, archived: bool = False) -> QuerySet[Customer]:
    """The customers that an admin or manager manages, those tagged `archived` apart. NotSignedIn or NotAllowed."""
    require_signed_in(viewer)
    if not viewer.is_office:
        raise NotAllowed
    tagged = Q(tags__contains=[ARCHIVED])
    return customers_visible_to(viewer).filter(tagged if archived else ~tagged)


def matching(text: str) -> Q:
    """The condition on customers that a search box stands for; any of these, each by an index:

    a word of the name starts like each word typed, in any case; the e-mail starts like it; the phone's digits begin
    or end with the digits typed (three or more, `+44` and `0` are one); an address's postcode starts like it, with or
    without the space, so that an outward code finds its whole area. A blank finds everybody.
    """
    text = search_text(text)
    if not text:
        return Q()
    found = Q(pk__in=_found(email_lower=Lower("email")).filter(email_lower__startswith=text.lower()).values("pk"))
    if words := words_query(text):
        vector, query = SearchVector("name", config="simple"), SearchQuery(words, search_type="raw", config="simple")
        found |= Q(pk__in=_found(words=vector).filter(words=query).values("pk"))
    digits = phone_digits(text)
    if len(digits) >= MIN_DIGITS and not any(char.isalpha() for char in text):
        rows = _found(digits=PHONE_DIGITS, digits_back=Reverse(PHONE_DIGITS))
        ends = Q(digits__startswith=digits) | Q(digits_back__startswith=digits[::-1])
        found |= Q(pk__in=rows.filter(ends).values("pk"))
    if start := postcode_start(text):
        places = Address.objects.order_by().annotate(plain=PLAIN_POSTCODE).filter(plain__startswith=start)
        found |= Q(pk__in=places.values("customer"))
    return found


def customers_matching(text: str) -> QuerySet[Customer]:
    """Whoever `matching` finds, whatever the viewer: narrows down what is visible."""
    return Customer.objects.filter(matching(text)).order_by()


def _found(**columns: Any) -> QuerySet[Any]:
    return Customer.objects.order_by().annotate(**columns)


def customer_for(viewer: Viewer, customer_id: int, *, field: FieldPath = (), lock: bool = False) -> Customer:
    """The visible customer, or NotFound."""
    rows = customers_visible_to(viewer)
    customer = (rows.select_for_update(no_key=True) if lock else rows).filter(pk=customer_id).first()
    if customer is None:
        raise NotFound("There is no such customer.", field)
    return customer


def addresses_visible_to(viewer: Viewer) -> QuerySet[Address]:
    """The addresses of visible customers."""
    return Address.objects.filter(customer__in=customers_visible_to(viewer))


def address_for(viewer: Viewer, address_id: int, *, field: FieldPath = ()) -> Address:
    """The visible address, or NotFound."""
    address = addresses_visible_to(viewer).filter(pk=address_id).first()
    if address is None:
        raise NotFound("There is no such address.", field)
    return address


def own_or(viewer: Viewer, customer_id: int | None) -> int:
    """The id that was named, or the viewer's own. NotSignedIn; Required where nobody is named and there is no own."""
    require_signed_in(viewer)
    wanted = viewer.customer_id if customer_id is None else customer_id
    if wanted is None:
        raise Required("Say which customer.", ("customer_id",))
    return wanted


def email_of(customer_id: int) -> str:
    """A customer's e-mail, for domains that know persons by it. Raises Customer.DoesNotExist."""
    return Customer.objects.values_list("email", flat=True).get(pk=customer_id)


def require_somebody(customer: Customer, *, field: FieldPath) -> None:
    """InvalidTransition for a row that was merged or erased: what is written there is lost."""
    if customer.merged_into_id is not None or ERASED in customer.tags:
        raise InvalidTransition("This customer was merged or erased already.", field)


def subject_of(customer: Customer, *, for_itself: bool = False) -> DataSubject:
    """A customer as somebody with a right to its data: its row, those that were merged into it, and their accounts.

    An e-mail is proven where its account has shown that it is read; where the office wrote it down, the office's word
    is enough, but not `for_itself`: then nobody learns more by it than what the account has proven. Two statements.
    """
    rows = list(Customer.objects.filter(Q(pk=customer.pk) | Q(merged_into=customer.pk)).select_related("user__profile"))
    emails, proven, phones, users = set[str](), set[str](), set[str](), set[int]()
    for row in rows:
        emails.add(row.email)
        phones.add(row.phone)
        if row.user is None:
            proven |= {row.email}
            continue
        users.add(row.user.pk)
        emails.add(row.user.email)
        phones.add(getattr(getattr(row.user, "profile", None), "phone", ""))
        if row.user.email_verified_at is not None:
            proven |= {row.user.email}
        if row.email.lower() != row.user.email.lower():
            proven |= {row.email}
    if for_itself:
        account = customer.user
        is_proven = account is not None and account.email_verified_at is not None
        proven = {account.email} if account is not None and is_proven else set()
    return DataSubject(
        customer_ids=frozenset(row.pk for row in rows),
        user_ids=frozenset(users),
        emails=frozenset(emails),
        proven=frozenset(proven),
        phones=dialled(phones),
    )


def dialled(phones: Iterable[str]) -> frozenset[str]:
    """These phone numbers in E.164, as they were told to the provider; without those that are none."""
    found: set[str] = set()
    for phone in phones:
        with suppress(Refusal):
            found.add(international_number(phone, field=()))
    return frozenset(found - {""})


def written_to(subject: DataSubject, column: str, *, proven: bool = False) -> Q:
    """Rows whose e-mail in `column` is one of the person's, as `core.persons` tells persons apart; or a proven one."""
    patterns = sorted({person_pattern(email) for email in (subject.proven if proven else subject.emails)})
    return Q(**{f"{column}__iregex": "|".join(patterns)}) if patterns else Q(pk__in=())


def belongs_to(subject: DataSubject, *, email: str) -> Q:
    """Rows of the person's own `customer`, and of no customer with a proven e-mail of the person's in `email`."""
    return Q(customer__in=subject.customer_ids) | Q(customer=None) & written_to(subject, email, proven=True)


def where_to(
    viewer: Viewer,
    *,
    address: PostalAddress | None,
    address_id: int | None,
    customer_id: int | None,
    missing: FieldPath = ("address",),
) -> tuple[PostalAddress, Place]:
    """The address of some work, cleaned as it was typed or copied from the customer's own, and where it lies.

    Required, under `missing`, unless exactly one of the two is given; InvalidInput for an address of somebody else.
    Refusals name `address` or `address_id`.
    """
    if (address is None) == (address_id is None):
        raise Required("Give either an address or the id of one of yours.", missing)
    if address is not None:
        cleaned = clean_address(address, field=("address",))
        return cleaned, locate(cleaned.postcode, field=("address", "postcode"))
    row = address_for(viewer, address_id or 0, field=("address_id",))
    if row.customer_id != customer_id:
        raise InvalidInput("This is another customer's address.", ("address_id",))
    copied = PostalAddress(line1=row.line1, line2=row.line2, city=row.city, postcode=row.postcode, country=row.country)
    return copied, locate(copied.postcode, field=("address_id",))
