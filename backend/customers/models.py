"""The people who are served, and where they live."""

from typing import Any

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex, OpClass
from django.contrib.postgres.search import SearchVector
from django.db import models
from django.db.models import F, Func, Q, TextField, Value
from django.db.models.functions import Lower, Replace, Reverse

from backend.core.audit import audited
from backend.core.choices import choices_of, one_of
from backend.customers.rules import AddressKind


def _without(expression: Any, pattern: str) -> Func:
    """The text with everything that matches taken out."""
    return Func(expression, Value(pattern), Value(""), Value("g"), function="regexp_replace", output_field=TextField())


PHONE_DIGITS = _without(_without(F("phone"), "[^0-9]"), "^(0044|44|0)")
"""As `rules.phone_digits`, by the database."""
PLAIN_POSTCODE = Replace(F("postcode"), Value(" "), Value(""), output_field=TextField())


@audited(personal=["name", "email", "phone", "notes"])
class Customer(models.Model):
    """A customer, with or without an account. Never deleted: archived by tag."""

    user = models.OneToOneField(
        "accounts.User",
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="customer",
        help_text="The account that it signs in with.",
    )
    name = models.CharField(max_length=200, help_text="Full name.")
    email = models.EmailField(db_index=True, help_text="Where its mail goes; lower case.")
    phone = models.CharField(max_length=32, blank=True, help_text="Phone number.")
    notes = models.TextField(blank=True, help_text="Notes of the office; customers never see them.")
    tags = ArrayField(
        models.CharField(max_length=40), default=list, blank=True, help_text="Labels of the office; `archived` hides."
    )
    merged_into = models.ForeignKey(
        "self",
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="merged",
        help_text="The customer that it became part of; empty for a customer of its own.",
    )
    created_at = models.DateTimeField(help_text="When the row was made, in UTC.")

    class Meta:
        ordering = ["name", "id"]
        # What the search of queries.matching goes by; PostgreSQL's own, for there is no pg_trgm everywhere.
        indexes = [
            GinIndex(SearchVector("name", config="simple"), name="customer_by_words"),
            models.Index(OpClass(Lower("email"), name="text_pattern_ops"), name="customer_by_email"),
            models.Index(OpClass(PHONE_DIGITS, name="text_pattern_ops"), name="customer_by_phone"),
            models.Index(OpClass(Reverse(PHONE_DIGITS), name="text_pattern_ops"), name="customer_by_phone_end"),
        ]

    def __str__(self) -> str:
        return self.name


@audited(personal=["line1", "line2", "city", "postcode"])
class Address(models.Model):
    """A postal address of a customer."""

    customer = models.ForeignKey(
        Customer, on_delete=models.CASCADE, related_name="addresses", help_text="Whose address."
    )
    kind = models.CharField(
        max_length=16, choices=choices_of(AddressKind), default=AddressKind.SERVICE, help_text="What it is for."
    )
    is_default = models.BooleanField(default=False, help_text="Whether it is the first choice of its kind.")
    line1 = models.CharField(max_length=200, help_text="First line: house and street.")
    line2 = models.CharField(max_length=200, blank=True, help_text="Second line.")
    city = models.CharField(max_length=100, help_text="Post town.")
    postcode = models.CharField(max_length=10, help_text="Postcode, with its space.")
    country = models.CharField(max_length=2, default="GB", help_text="ISO 3166-1 alpha-2.")
    created_at = models.DateTimeField(help_text="When it was entered, in UTC.")

    class Meta:
        verbose_name_plural = "addresses"
        ordering = ["-is_default", "id"]
        indexes = [models.Index(OpClass(PLAIN_POSTCODE, name="text_pattern_ops"), name="address_by_postcode")]
        constraints = [
            models.UniqueConstraint(
                fields=["customer", "kind"], condition=Q(is_default=True), name="address_one_default_per_kind"
            ),
            one_of("kind", AddressKind, "address_kind_known"),
        ]

    def __str__(self) -> str:
        return f"{self.line1}, {self.postcode}"
