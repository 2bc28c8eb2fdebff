"""Visits that were booked before claims knew where they are get their postcode's place, as a booking does today."""

from django.db import migrations

FILL = """
UPDATE scheduling_claim AS claim SET latitude = place.latitude, longitude = place.longitude
FROM scheduling_customerappointment AS booking
CROSS JOIN LATERAL (
    SELECT latitude, longitude FROM geography_postcode
    WHERE code IN (replace(booking.postcode, ' ', ''), split_part(booking.postcode, ' ', 1))
    ORDER BY is_outcode LIMIT 1
) AS place
WHERE booking.appointment_id = claim.appointment_id
"""


class Migration(migrations.Migration):
    dependencies = [("scheduling", "0003_holds_and_places"), ("geography", "0001_initial")]

    operations = [migrations.RunSQL(FILL, migrations.RunSQL.noop)]
