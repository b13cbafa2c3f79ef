from django.db import models


class DemoLoad(models.Model):
    """One loading of the demo: what fixes its calls, and how many of them are accepted.

    `sent` grows in the transaction that accepts a batch, so a load that was cut off goes on where it stopped and
    stores nothing twice.
    """

    project = models.OneToOneField("analytics.Project", on_delete=models.CASCADE, related_name="+")
    seed = models.BigIntegerField()
    events = models.PositiveIntegerField()
    now = models.DateTimeField()
    sent = models.PositiveIntegerField(default=0)
    finished_at = models.DateTimeField(null=True, blank=True)

    def __str__(self) -> str:
        return f"demo of seed {self.seed}, {self.sent} calls sent"
