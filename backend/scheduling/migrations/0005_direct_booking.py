import pgtrigger.compiler
import pgtrigger.migrations
from django.db import migrations, models


def copy_terms(apps, schema_editor):
    """Visits booked before had one window for both: what cancelling takes, moving took."""
    bookings = apps.get_model("scheduling", "CustomerAppointment").objects
    bookings.update(reschedule_hours=models.F("policy_hours"), reschedule_deadline=models.F("cancellation_deadline"))


class Migration(migrations.Migration):
    dependencies = [("scheduling", "0004_places_of_booked_visits")]

    operations = [
        migrations.AddField(
            model_name="customerappointment",
            name="reschedule_hours",
            field=models.PositiveIntegerField(null=True, help_text="Hours of notice that moving it takes."),
        ),
        migrations.AddField(
            model_name="customerappointment",
            name="reschedule_deadline",
            field=models.DateTimeField(null=True, help_text="Until when the customer may move it, in UTC."),
        ),
        migrations.AddField(
            model_name="customerappointment",
            name="reschedules",
            field=models.PositiveIntegerField(default=0, help_text="How often the customer has moved it."),
        ),
        migrations.AddField(
            model_name="customerappointment",
            name="max_reschedules",
            field=models.PositiveIntegerField(default=0, help_text="How often the customer may move it."),
        ),
        migrations.AddField(
            model_name="customerappointment",
            name="tracking_token",
            field=models.CharField(
                blank=True,
                help_text="Opens a direct booking to whoever holds it; none for visits of orders and plans.",
                max_length=64,
                null=True,
                unique=True,
            ),
        ),
        migrations.RunPython(copy_terms, migrations.RunPython.noop),
        migrations.AlterField(
            model_name="customerappointment",
            name="reschedule_hours",
            field=models.PositiveIntegerField(help_text="Hours of notice that moving it takes."),
        ),
        migrations.AlterField(
            model_name="customerappointment",
            name="reschedule_deadline",
            field=models.DateTimeField(help_text="Until when the customer may move it, in UTC."),
        ),
        pgtrigger.migrations.RemoveTrigger(
            model_name='customerappointment',
            name='audit',
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='customerappointment',
            trigger=pgtrigger.compiler.Trigger(name='audit', sql=pgtrigger.compiler.UpsertTriggerSql(func="PERFORM audit_record('scheduling.CustomerAppointment', 'id', TG_OP, to_jsonb(OLD), to_jsonb(NEW), '{tracking_token}', '{}'); RETURN NULL;", hash='e2b32abf027f7b6cbc73dbf3c95fbccb233c9e0d', operation='INSERT OR UPDATE OR DELETE', pgid='pgtrigger_audit_8b4df', table='scheduling_customerappointment', when='AFTER')),
        ),
    ]
