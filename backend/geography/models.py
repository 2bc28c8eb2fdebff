"""Where postcodes lie."""

from django.db import models
from django.db.models import Q


class Postcode(models.Model):
    """The centroid of a full postcode (`SW1A2AA`) or of an outward code (`SW1A`), in WGS 84 degrees."""

    code = models.CharField(max_length=8, unique=True, help_text="Upper case, without the space.")
    is_outcode = models.BooleanField(help_text="Whether it is an outward code, standing for all postcodes under it.")
    latitude = models.FloatField(help_text="Degrees north, WGS 84.")
    longitude = models.FloatField(help_text="Degrees east, WGS 84.")

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(latitude__range=(-90, 90)) & Q(longitude__range=(-180, 180)), name="postcode_on_earth"
            ),
        ]

    def __str__(self) -> str:
        return self.code
