import zoneinfo

from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models.functions import Lower
from django.utils import timezone

from accounts.models import HashedKey, Membership, Organization
from analytics.querysets import ProjectQuerySet

MOST_WINDOW_DAYS = 365


def validate_time_zone(value: str) -> None:
    if value not in zoneinfo.available_timezones():
        raise ValidationError(f"'{value}' is not a time zone; an example is Europe/Berlin.")


class Weekday(models.IntegerChoices):
    MONDAY = 0, "Monday"
    SATURDAY = 5, "Saturday"
    SUNDAY = 6, "Sunday"


class Project(models.Model):
    """One product or site whose events belong together."""

    organization = models.ForeignKey(Organization, on_delete=models.CASCADE, related_name="projects")
    name = models.CharField(max_length=200)
    slug = models.SlugField(max_length=60)
    time_zone = models.CharField(max_length=64, default="UTC", validators=[validate_time_zone])
    first_weekday = models.SmallIntegerField(choices=Weekday, default=Weekday.MONDAY)
    keep_addresses = models.BooleanField(
        "Keep visitors' addresses",
        default=False,
        # The version before this column writes rows without it.
        db_default=False,
        help_text="Stores the IP address with each event, in its context as ip. They are personal data: leave it "
        "off unless you need them.",
    )
    browser_window_days = models.PositiveSmallIntegerField(
        "Late events of browsers, in days",
        default=5,
        db_default=5,
        validators=[MinValueValidator(1), MaxValueValidator(MOST_WINDOW_DAYS)],
        help_text="What a browser sends later than this is dropped and counted as too old. Servers and imports "
        "may send events of any age.",
    )
    # Open to the organization; else known to those alone who are chosen, or who manage it.
    is_limited = models.BooleanField(default=False, db_default=False, editable=False)
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    objects = ProjectQuerySet.as_manager()

    class Meta:
        ordering = ("name", "id")
        constraints = (
            models.UniqueConstraint(fields=("organization", "slug"), name="analytics_project_slug_unique"),
        )

    def __str__(self) -> str:
        return self.name

    @property
    def zone(self) -> zoneinfo.ZoneInfo:
        return zoneinfo.ZoneInfo(self.time_zone)


class ProjectMember(models.Model):
    """A member who is chosen for a limited project. It ends with the membership."""

    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="chosen")
    membership = models.ForeignKey(Membership, on_delete=models.CASCADE, related_name="+")

    class Meta:
        ordering = ("membership",)
        constraints = (
            models.UniqueConstraint(fields=("project", "membership"), name="analytics_projectmember_once"),
        )

    def __str__(self) -> str:
        return f"{self.membership} for {self.project}"


class WriteKey(HashedKey):
    """A public key that can only send events to one project; it stands in web pages and apps."""

    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="write_keys")


class Site(models.Model):
    """What a website is called by a protocol that sends no write key: a domain, or a website's id.

    The name says alone which project is meant, so it is unique over the installation, in lower case.
    """

    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="sites")
    name = models.CharField(max_length=253, unique=True)
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        ordering = ("name",)
        constraints = (
            models.CheckConstraint(
                condition=models.Q(name=Lower("name")) & ~models.Q(name=""), name="analytics_site_name_lower"
            ),
        )

    def __str__(self) -> str:
        return self.name
