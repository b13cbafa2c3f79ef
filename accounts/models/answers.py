from django.db import models

from accounts.models.organizations import Organization


class KeptAnswer(models.Model):
    """What a request with an Idempotency-Key was answered, for a day; without an answer it is still running.

    `scope` says of what the key is: one kind of request to one object, as in `events:42`.
    """

    organization = models.ForeignKey(Organization, on_delete=models.CASCADE, related_name="+")
    scope = models.CharField(max_length=100)
    key = models.CharField(max_length=255)
    body_hash = models.CharField(max_length=64)
    started_at = models.DateTimeField()
    answer = models.BinaryField(null=True)

    class Meta:
        constraints = (
            models.UniqueConstraint(
                fields=("organization", "scope", "key"), name="accounts_keptanswer_key_unique"
            ),
        )
        # For those who forget what is over a day old.
        indexes = (models.Index(fields=("started_at",), name="accounts_keptanswer_started"),)

    def __str__(self) -> str:
        return f"{self.scope} {self.key}"
