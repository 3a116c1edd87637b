from django.db import models


class ProgressCount(models.Model):
    """How many people one district has in one field in one year, as of the last refresh.

    A summary for the public page, so that its cost does not grow with the years.
    """

    year = models.PositiveSmallIntegerField()
    field = models.ForeignKey("institutions.Field", on_delete=models.PROTECT, related_name="+")
    district = models.ForeignKey("institutions.District", on_delete=models.PROTECT, related_name="+")
    enrolled_count = models.PositiveIntegerField(default=0)
    completed_count = models.PositiveIntegerField(default=0)
    certified_count = models.PositiveIntegerField(default=0)
    refreshed_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(name="progress_once", fields=["year", "field", "district"])]

    def __str__(self) -> str:
        return f"{self.year} {self.field_id} {self.district_id}"
