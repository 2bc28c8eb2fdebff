from django.db import migrations


def follow_the_log(apps, schema_editor):
    """Whoever was merged before the row said into whom: the log of events tells, as far back as it goes."""
    customers = apps.get_model("customers", "Customer").objects
    told = apps.get_model("events", "Event").objects.filter(kind="customer.merged").order_by("id")
    for into, data in told.values_list("customer_id", "data"):
        if customers.filter(pk=into).exists():
            customers.filter(pk=data["merged_id"]).exclude(pk=into).update(merged_into=into)
            customers.filter(merged_into=data["merged_id"]).exclude(pk=into).update(merged_into=into)


class Migration(migrations.Migration):
    dependencies = [("customers", "0004_merged_into"), ("events", "0001_initial")]

    operations = [migrations.RunPython(follow_the_log, migrations.RunPython.noop)]
