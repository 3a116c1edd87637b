from django.db import migrations, models
from django.db.models import Q


class Migration(migrations.Migration):
    dependencies = [("subsidies", "0033_set_off_invariants")]

    operations = [
        migrations.AddField(
            model_name="trainingpolicyversion",
            name="pass_rate_distance",
            field=models.PositiveSmallIntegerField(
                null=True, verbose_name="Greatest distance from the pass rate of other classes"
            ),
        ),
        migrations.AddField(
            model_name="trainingpolicyversion",
            name="least_compared_classes",
            field=models.PositiveSmallIntegerField(default=5, verbose_name="Other classes needed to compare"),
        ),
        migrations.AddConstraint(
            model_name="trainingpolicyversion",
            constraint=models.CheckConstraint(
                name="training_policy_comparison_possible",
                condition=Q(least_compared_classes__gt=0)
                & (Q(pass_rate_distance__isnull=True) | Q(pass_rate_distance__range=(1, 100))),
            ),
        ),
    ]
