import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    """Make room for what each payment copies from its decision. It is filled next, and required after that."""

    dependencies = [
        ("institutions", "0005_user_email"),
        ("subsidies", "0027_what_the_bank_says_of_a_whole_batch"),
    ]

    operations = [
        migrations.AddField(
            model_name="payment",
            name="district",
            field=models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="institutions.district",
                verbose_name="District",
            ),
        ),
        migrations.AddField(
            model_name="payment",
            name="budget",
            field=models.ForeignKey(
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="subsidies.budget",
                verbose_name="Budget",
            ),
        ),
        migrations.AddField(
            model_name="payment",
            name="notice_working_days",
            field=models.PositiveSmallIntegerField(null=True, verbose_name="Working days of public notice"),
        ),
    ]
