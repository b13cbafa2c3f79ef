"""Objects for tests, whole and valid by default."""

from datetime import UTC, date, datetime

import factory
from django.utils import timezone
from factory.django import DjangoModelFactory

from accounts import keys
from accounts.models import Membership, Organization, Plan, SecretKey, User
from accounts.permissions import Role, Scope
from analytics.models import (
    Cohort,
    DropCount,
    Erasure,
    EventDefinition,
    GroupTraits,
    Import,
    Insight,
    InsightChange,
    Manifest,
    PersonTraits,
    Project,
    PropertyDefinition,
    PropertyReading,
    QueryRun,
    QuotaNotice,
    Segment,
    Site,
    UsageCount,
    WriteKey,
)
from inference.choices import ProviderName, Task
from inference.models import Job

PASSWORD = "plumb line hangs true"


class UserFactory(DjangoModelFactory[User]):
    class Meta:
        model = User
        skip_postgeneration_save = True

    email = factory.Sequence(lambda n: f"person{n}@example.test")
    name = factory.Sequence(lambda n: f"Person {n}")
    password = factory.django.Password(PASSWORD)


class PlanFactory(DjangoModelFactory[Plan]):
    """Without limits; warns from 80 % and refuses from 120 % once it has a quota."""

    class Meta:
        model = Plan

    name = factory.Sequence(lambda n: f"Plan {n}")
    slug = factory.Sequence(lambda n: f"plan-{n}")


class OrganizationFactory(DjangoModelFactory[Organization]):
    class Meta:
        model = Organization

    name = factory.Sequence(lambda n: f"Organization {n}")
    slug = factory.Sequence(lambda n: f"organization-{n}")


class MembershipFactory(DjangoModelFactory[Membership]):
    class Meta:
        model = Membership

    user = factory.SubFactory(UserFactory)
    organization = factory.SubFactory(OrganizationFactory)
    role = Role.OWNER


class ProjectFactory(DjangoModelFactory[Project]):
    class Meta:
        model = Project
        skip_postgeneration_save = True

    organization = factory.SubFactory(OrganizationFactory)
    name = factory.Sequence(lambda n: f"Project {n}")
    slug = factory.Sequence(lambda n: f"project-{n}")
    manifest = factory.RelatedFactory("tests.factories.ManifestFactory", factory_related_name="project")


class ManifestFactory(DjangoModelFactory[Manifest]):
    class Meta:
        model = Manifest

    project = factory.SubFactory(ProjectFactory, manifest=None)


class SiteFactory(DjangoModelFactory[Site]):
    class Meta:
        model = Site

    project = factory.SubFactory(ProjectFactory)
    name = factory.Sequence(lambda n: f"site{n}.test")


class WriteKeyFactory(DjangoModelFactory[WriteKey]):
    """`WriteKeyFactory(text="plw_…")`: the text is what a client sends."""

    class Meta:
        model = WriteKey
        exclude = ("text",)

    text = factory.LazyFunction(lambda: keys.generate(keys.WRITE_PREFIX))
    project = factory.SubFactory(ProjectFactory)
    name = "Website"
    hash = factory.LazyAttribute(lambda self: keys.digest(self.text))
    hint = factory.LazyAttribute(lambda self: keys.hint(self.text))


class SecretKeyFactory(DjangoModelFactory[SecretKey]):
    """`SecretKeyFactory(text="pls_…")`: the text is what a client sends."""

    class Meta:
        model = SecretKey
        exclude = ("text",)

    text = factory.LazyFunction(lambda: keys.generate(keys.SECRET_PREFIX))
    organization = factory.SubFactory(OrganizationFactory)
    name = "Server"
    scopes = factory.LazyFunction(lambda: list(Scope.values))
    hash = factory.LazyAttribute(lambda self: keys.digest(self.text))
    hint = factory.LazyAttribute(lambda self: keys.hint(self.text))


class SegmentFactory(DjangoModelFactory[Segment]):
    """A row of the manifest; its file is not there."""

    class Meta:
        model = Segment

    project = factory.SubFactory(ProjectFactory)
    first_day = last_day = date(2026, 1, 1)
    time_min = datetime(2026, 1, 1, tzinfo=UTC)
    time_max = datetime(2026, 1, 1, 23, tzinfo=UTC)
    rows = 100
    bytes = 2_000
    checksum = "0" * 64


class InsightFactory(DjangoModelFactory[Insight]):
    """An insight with the first entry of its history."""

    class Meta:
        model = Insight
        skip_postgeneration_save = True

    project = factory.SubFactory(ProjectFactory)
    name = factory.Sequence(lambda n: f"Insight {n}")
    spec = factory.LazyFunction(lambda: {"kind": "overview", "period": {"last": "7d"}})
    change = factory.RelatedFactory("tests.factories.InsightChangeFactory", factory_related_name="insight")


class InsightChangeFactory(DjangoModelFactory[InsightChange]):
    class Meta:
        model = InsightChange

    insight = factory.SubFactory(InsightFactory, change=None)
    number = 1
    what = InsightChange.What.CREATED
    name = factory.SelfAttribute("insight.name")
    is_favourite = False
    spec = factory.SelfAttribute("insight.spec")


class CohortFactory(DjangoModelFactory[Cohort]):
    """Nobody has computed it yet."""

    class Meta:
        model = Cohort

    project = factory.SubFactory(ProjectFactory)
    name = factory.Sequence(lambda n: f"Cohort {n}")
    conditions = factory.LazyFunction(lambda: [{"field": "person.plan", "operator": "is", "values": ["pro"]}])


class QueryRunFactory(DjangoModelFactory[QueryRun]):
    """A long query that somebody cancelled."""

    class Meta:
        model = QueryRun

    project = factory.SubFactory(ProjectFactory)
    spec = factory.LazyFunction(lambda: {"kind": "overview", "period": {"last": "7d"}})
    state = QueryRun.State.CANCELLED
    estimated_rows = 1000
    lease_expires_at = factory.LazyFunction(timezone.now)


class ImportFactory(DjangoModelFactory[Import]):
    """An import that waits for a worker; its file is not there."""

    class Meta:
        model = Import

    project = factory.SubFactory(ProjectFactory)
    format = "ndjson"
    file_name = "events.ndjson"
    file_bytes = 1000
    state = "queued"


class ErasureFactory(DjangoModelFactory[Erasure]):
    """Requested; nobody has begun with it."""

    class Meta:
        model = Erasure

    project = factory.SubFactory(ProjectFactory)
    asked_for = person = "carol"
    ids = factory.LazyAttribute(lambda self: [self.person])
    hashes = factory.LazyFunction(lambda: ["0" * 64])


class DropCountFactory(DjangoModelFactory[DropCount]):
    class Meta:
        model = DropCount

    project = factory.SubFactory(ProjectFactory)
    day = date(2026, 1, 1)
    reason = "duplicate"
    events = 3


class UsageCountFactory(DjangoModelFactory[UsageCount]):
    class Meta:
        model = UsageCount

    project = factory.SubFactory(ProjectFactory)
    day = date(2026, 1, 1)
    events = 10


class QuotaNoticeFactory(DjangoModelFactory[QuotaNotice]):
    class Meta:
        model = QuotaNotice

    organization = factory.SubFactory(OrganizationFactory)
    month = date(2026, 1, 1)
    threshold = QuotaNotice.Threshold.WARN


class JobFactory(DjangoModelFactory[Job]):
    """A queued job of the provider that needs nobody."""

    class Meta:
        model = Job

    organization = factory.SubFactory(OrganizationFactory)
    task = Task.SUMMARIZE
    input = factory.LazyFunction(lambda: {"text": "One sentence. Two sentences. Three. Four.", "max_sentences": 2})
    provider = ProviderName.BUILTIN
    model = "extractive-1"


class EventDefinitionFactory(DjangoModelFactory[EventDefinition]):
    class Meta:
        model = EventDefinition

    project = factory.SubFactory(ProjectFactory)
    name = factory.Sequence(lambda n: f"Event {n}")
    kind = "track"
    volume = 12
    first_seen = datetime(2026, 1, 1, tzinfo=UTC)
    last_seen = datetime(2026, 3, 1, tzinfo=UTC)


class PropertyDefinitionFactory(DjangoModelFactory[PropertyDefinition]):
    """A property of events with texts; `readings=[("number", 5), …]` for other types and volumes."""

    class Meta:
        model = PropertyDefinition
        skip_postgeneration_save = True

    project = factory.SubFactory(ProjectFactory)
    name = factory.Sequence(lambda n: f"property_{n}")
    subject = "event"

    @factory.post_generation
    def readings(self, create, extracted, **kwargs):
        for type_, volume in extracted or [("text", 7)]:
            PropertyReadingFactory.create(definition=self, type=type_, volume=volume)


class PropertyReadingFactory(DjangoModelFactory[PropertyReading]):
    class Meta:
        model = PropertyReading

    definition = factory.SubFactory(PropertyDefinitionFactory, readings=[])
    type = "text"
    volume = 7
    first_seen = datetime(2026, 1, 1, tzinfo=UTC)
    last_seen = datetime(2026, 3, 1, tzinfo=UTC)


class PersonTraitsFactory(DjangoModelFactory[PersonTraits]):
    class Meta:
        model = PersonTraits

    project = factory.SubFactory(ProjectFactory)
    person = factory.Sequence(lambda n: f"person-{n}")
    traits = factory.LazyFunction(lambda: {"plan": "pro"})
    ranks = factory.LazyFunction(lambda: {"plan": 1})
    first_seen = datetime(2026, 1, 1, tzinfo=UTC)
    last_seen = datetime(2026, 3, 1, tzinfo=UTC)


class GroupTraitsFactory(DjangoModelFactory[GroupTraits]):
    class Meta:
        model = GroupTraits

    project = factory.SubFactory(ProjectFactory)
    group = factory.Sequence(lambda n: f"company:{n}")
    traits = factory.LazyFunction(lambda: {"plan": "pro"})
    ranks = factory.LazyFunction(lambda: {"plan": 1})
    first_seen = datetime(2026, 1, 1, tzinfo=UTC)
    last_seen = datetime(2026, 3, 1, tzinfo=UTC)
