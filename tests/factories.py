"""Objects for tests, whole and valid by default."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import factory
from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from allauth.socialaccount.models import SocialAccount
from django.utils import timezone
from factory.django import DjangoModelFactory

from accounts import encryption, keys
from accounts.audited import Action, ActorKind
from accounts.billing.meters import Meter
from accounts.models import (
    AuditEntry,
    BillingProfile,
    Coupon,
    CreditNote,
    DomainClaim,
    Invitation,
    Invoice,
    Membership,
    Organization,
    Plan,
    PlanPrice,
    PlanRequest,
    Redemption,
    Reservation,
    SecretKey,
    Seller,
    SingleSignOn,
    SpendingCap,
    StripeEvent,
    Subscription,
    UsageDay,
    UsageEntry,
    UsageNotice,
    User,
)
from accounts.permissions import Role, Scope
from accounts.queries import sso as sso_queries
from analytics.models import (
    Cohort,
    DropCount,
    Erasure,
    EventDefinition,
    GroupTraits,
    Import,
    Insight,
    InsightChange,
    InsightShare,
    Manifest,
    PersonTraits,
    Project,
    PropertyDefinition,
    PropertyReading,
    QueryRun,
    Segment,
    Site,
    UsageCount,
    WriteKey,
)
from inference.choices import DeliveryStatus, FinishReason, ProviderName, Status, Task
from inference.models import (
    Alias,
    AliasTarget,
    Batch,
    Call,
    Credential,
    Job,
    LanguageModel,
    Policy,
    PromptTemplate,
    PromptVersion,
    WebhookDelivery,
    WebhookEndpoint,
)
from inference.providers.base import Usage
from inference.queries.routes import KEY_PURPOSE
from inference.services.endpoints import PURPOSE
from inference.services.outcomes import CallRecord

PASSWORD = "plumb line hangs true"


class UserFactory(DjangoModelFactory[User]):
    class Meta:
        model = User
        skip_postgeneration_save = True

    email = factory.Sequence(lambda n: f"person{n}@example.test")
    name = factory.Sequence(lambda n: f"Person {n}")
    password = factory.django.Password(PASSWORD)
    address = factory.RelatedFactory("tests.factories.EmailAddressFactory", factory_related_name="user")


class EmailAddressFactory(DjangoModelFactory[EmailAddress]):
    """The person's own address, confirmed."""

    class Meta:
        model = EmailAddress

    user = factory.SubFactory(UserFactory, address=None)
    email = factory.LazyAttribute(lambda self: self.user.email.lower())
    primary = verified = True


class PlanFactory(DjangoModelFactory[Plan]):
    """Without limits; warns from 80 % and refuses from 120 % once it has a quota."""

    class Meta:
        model = Plan

    name = factory.Sequence(lambda n: f"Plan {n}")
    slug = factory.Sequence(lambda n: f"plan-{n}")


class PlanPriceFactory(DjangoModelFactory[PlanPrice]):
    """€29.00 a month, with nothing sold over the quota."""

    class Meta:
        model = PlanPrice

    plan = factory.SubFactory(PlanFactory, is_public=True)
    interval = "month"
    currency = "EUR"
    amount = 2_900


class CouponFactory(DjangoModelFactory[Coupon]):
    """A quarter off the first payment."""

    class Meta:
        model = Coupon

    code = factory.Sequence(lambda n: f"COUPON{n}")
    percent = 25


class OrganizationFactory(DjangoModelFactory[Organization]):
    class Meta:
        model = Organization

    name = factory.Sequence(lambda n: f"Organization {n}")
    slug = factory.Sequence(lambda n: f"organization-{n}")


class RedemptionFactory(DjangoModelFactory[Redemption]):
    class Meta:
        model = Redemption

    coupon = factory.SubFactory(CouponFactory)
    organization = factory.SubFactory(OrganizationFactory)


class SubscriptionFactory(DjangoModelFactory[Subscription]):
    """Active and by invoice, ten days into a month; its organization is on its plan."""

    class Meta:
        model = Subscription
        skip_postgeneration_save = True

    price = factory.SubFactory(PlanPriceFactory)
    plan = factory.SelfAttribute("price.plan")
    organization = factory.SubFactory(OrganizationFactory, plan=factory.SelfAttribute("..plan"))
    provider = Subscription.Provider.MANUAL
    state = Subscription.State.ACTIVE
    anchor = factory.LazyFunction(lambda: timezone.now() - timedelta(days=10))
    period_start = factory.SelfAttribute("anchor")
    period_end = factory.LazyAttribute(lambda self: self.period_start + timedelta(days=30))


class PlanRequestFactory(DjangoModelFactory[PlanRequest]):
    class Meta:
        model = PlanRequest

    organization = factory.SubFactory(OrganizationFactory)
    price = factory.SubFactory(PlanPriceFactory)


class BillingProfileFactory(DjangoModelFactory[BillingProfile]):
    class Meta:
        model = BillingProfile

    organization = factory.SubFactory(OrganizationFactory)


class StripeEventFactory(DjangoModelFactory[StripeEvent]):
    """Received and not worked on."""

    class Meta:
        model = StripeEvent

    id = factory.Sequence(lambda n: f"evt{n}")
    type = "customer.subscription.updated"
    created = factory.LazyFunction(timezone.now)


class MembershipFactory(DjangoModelFactory[Membership]):
    class Meta:
        model = Membership

    user = factory.SubFactory(UserFactory)
    organization = factory.SubFactory(OrganizationFactory)
    role = Role.OWNER


class AuditEntryFactory(DjangoModelFactory[AuditEntry]):
    """A person has changed a project's name."""

    class Meta:
        model = AuditEntry

    organization = factory.SubFactory(OrganizationFactory)
    action = Action.PROJECT_CHANGED
    actor_kind = ActorKind.PERSON
    actor_id = 1
    actor_name = "ada@acme.test"
    target_name = "Shop"
    before = factory.LazyFunction(lambda: {"name": "Store"})
    after = factory.LazyFunction(lambda: {"name": "Shop"})
    address = "203.0.113.7"


class InvitationFactory(DjangoModelFactory[Invitation]):
    """Open, sent an hour ago; `InvitationFactory(token="…")`: the token is what its link holds."""

    class Meta:
        model = Invitation
        exclude = ("token",)

    token = factory.Sequence(lambda n: f"token-{n}")
    organization = factory.SubFactory(OrganizationFactory)
    email = factory.Sequence(lambda n: f"invited{n}@example.test")
    role = Role.ANALYST
    hash = factory.LazyAttribute(lambda self: keys.digest(self.token))
    sent_at = factory.LazyFunction(lambda: timezone.now() - timedelta(hours=1))
    expires_at = factory.LazyAttribute(lambda self: self.sent_at + timedelta(days=7))


class SingleSignOnFactory(DjangoModelFactory[SingleSignOn]):
    """A provider that nobody has tested yet; it is nowhere, unless the test says where."""

    class Meta:
        model = SingleSignOn
        exclude = ("secret",)

    organization = factory.SubFactory(OrganizationFactory)
    provider_id = factory.LazyAttribute(lambda self: sso_queries.provider_id_of(self.organization))
    issuer = "https://login.acme.test"
    discovery_url = factory.LazyAttribute(lambda self: f"{self.issuer}/.well-known/openid-configuration")
    client_id = "plumbline"
    secret = "client secret"
    encrypted_secret = factory.LazyAttribute(
        lambda self: encryption.encrypt(self.secret, purpose="single sign-on")
    )


class DomainClaimFactory(DjangoModelFactory[DomainClaim]):
    """Proved by DNS; `proved_at=None, proved_how=""` for one that is only claimed."""

    class Meta:
        model = DomainClaim

    organization = factory.SubFactory(OrganizationFactory)
    domain = factory.Sequence(lambda n: f"domain{n}.test")
    challenge = "c0ffee"
    proved_at = factory.LazyFunction(timezone.now)
    proved_how = DomainClaim.How.DNS


class SocialAccountFactory(DjangoModelFactory[SocialAccount]):
    class Meta:
        model = SocialAccount

    user = factory.SubFactory(UserFactory)
    provider = "sso-0"
    uid = factory.Sequence(lambda n: f"{n:064}")


class AuthenticatorFactory(DjangoModelFactory[Authenticator]):
    """A row of a second factor; its key is none."""

    class Meta:
        model = Authenticator

    user = factory.SubFactory(UserFactory)
    type = Authenticator.Type.TOTP
    data = factory.LazyFunction(lambda: {"secret": ""})


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


class InsightShareFactory(DjangoModelFactory[InsightShare]):
    """A live public link; `InsightShareFactory(token="…")`: the token is what the link holds."""

    class Meta:
        model = InsightShare
        exclude = ("token",)

    token = factory.Sequence(lambda n: f"share-token-{n}")
    insight = factory.SubFactory(InsightFactory)
    hash = factory.LazyAttribute(lambda self: keys.digest(self.token))
    hint = factory.LazyAttribute(lambda self: self.token[:6])


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


class UsageNoticeFactory(DjangoModelFactory[UsageNotice]):
    class Meta:
        model = UsageNotice

    organization = factory.SubFactory(OrganizationFactory)
    month = date(2026, 1, 1)
    subject = "events"
    percent = 80


class UsageEntryFactory(DjangoModelFactory[UsageEntry]):
    """One of itself; what posts to the ledger keeps the sums of days with it."""

    class Meta:
        model = UsageEntry

    organization = factory.SubFactory(OrganizationFactory)
    meter = Meter.EVENTS
    quantity = 10
    day = date(2026, 1, 1)
    key = factory.Sequence(lambda n: f"entry:{n}")


class UsageDayFactory(DjangoModelFactory[UsageDay]):
    class Meta:
        model = UsageDay

    organization = factory.SubFactory(OrganizationFactory)
    meter = Meter.EVENTS
    quantity = 10
    day = date(2026, 1, 1)


class SellerFactory(DjangoModelFactory[Seller]):
    """There is one: a second is the same."""

    class Meta:
        model = Seller
        django_get_or_create = ("id",)

    id = 1
    name = "Plumbline Ltd."


class InvoiceFactory(DjangoModelFactory[Invoice]):
    """Open, of a hundred euros, without lines: `issuing.issue` makes whole ones."""

    class Meta:
        model = Invoice

    organization = factory.SubFactory(OrganizationFactory)
    number = factory.Sequence(lambda n: f"INV-{n:06}")
    state = Invoice.State.OPEN
    currency = "EUR"
    subtotal = total = 10_000
    issued_at = datetime(2026, 1, 1, tzinfo=UTC)
    due_on = date(2026, 1, 15)


class CreditNoteFactory(DjangoModelFactory[CreditNote]):
    class Meta:
        model = CreditNote

    invoice = factory.SubFactory(InvoiceFactory)
    sequence = factory.Sequence(lambda n: n + 1)
    number = factory.Sequence(lambda n: f"INV-CN-{n:06}")
    reason = "Goodwill."
    net = total = 1_000


class SpendingCapFactory(DjangoModelFactory[SpendingCap]):
    """A hundred dollars a month."""

    class Meta:
        model = SpendingCap

    organization = factory.SubFactory(OrganizationFactory)
    currency = "USD"
    amount = 100_000_000


class ReservationFactory(DjangoModelFactory[Reservation]):
    class Meta:
        model = Reservation

    organization = factory.SubFactory(OrganizationFactory)
    key = factory.Sequence(lambda n: f"reservation:{n}")
    currency = "USD"
    amount = 1_000_000
    expires_at = factory.LazyFunction(lambda: timezone.now() + timedelta(days=1))


class LanguageModelFactory(DjangoModelFactory[LanguageModel]):
    """Three dollars for a million tokens read, fifteen for a million written."""

    class Meta:
        model = LanguageModel

    provider = ProviderName.OPENAI
    model = factory.Sequence(lambda n: f"gpt-{n}")
    input_price = 3_000_000
    cached_price = 300_000
    output_price = reasoning_price = 15_000_000


class CredentialFactory(DjangoModelFactory[Credential]):
    """An own key, `sk-own-key-1234567890`."""

    class Meta:
        model = Credential

    class Params:
        key = "sk-own-key-1234567890"

    organization = factory.SubFactory(OrganizationFactory)
    name = factory.Sequence(lambda n: f"Key {n}")
    provider = ProviderName.OPENAI
    encrypted_key = factory.LazyAttribute(lambda one: encryption.encrypt(one.key, purpose=KEY_PURPOSE))
    hint = "…7890"


class AliasFactory(DjangoModelFactory[Alias]):
    """`targets`: provider and model of each, and a key where there is one."""

    class Meta:
        model = Alias

    organization: Any = factory.SubFactory(OrganizationFactory)
    name = factory.Sequence(lambda n: f"alias-{n}")

    @classmethod
    def _create(
        cls, model_class: Any, *args: Any, targets: Any = (("openai", "gpt-test"),), **fields: Any
    ) -> Alias:
        alias: Alias = super()._create(model_class, *args, **fields)
        for position, (provider, model, *keys_of) in enumerate(targets):
            own = keys_of[0] if keys_of else None
            AliasTarget.objects.create(
                alias=alias, position=position, provider=provider, model=model, credential=own
            )
        return alias


class InstallationAliasFactory(AliasFactory):
    organization = None


class JobFactory(DjangoModelFactory[Job]):
    """A queued job of the provider that needs nobody."""

    class Meta:
        model = Job

    organization = factory.SubFactory(OrganizationFactory)
    task = Task.SUMMARIZE
    input = factory.LazyFunction(lambda: {"text": "One sentence. Two sentences. Three. Four.", "max_sentences": 2})
    provider = ProviderName.BUILTIN
    model = "extractive-1"


class CallFactory(DjangoModelFactory[Call]):
    """A call that went well, a second after its job was created."""

    class Meta:
        model = Call

    job = factory.SubFactory(JobFactory)
    fence = 1
    number = factory.Sequence(lambda number: number)
    provider = ProviderName.OPENAI
    model = "gpt-test"
    started_at = factory.LazyAttribute(lambda call: call.job.created_at + timedelta(seconds=1))
    first_token_at = factory.LazyAttribute(lambda call: call.started_at + timedelta(seconds=1))
    finished_at = factory.LazyAttribute(lambda call: call.started_at + timedelta(seconds=3))
    finish_reason = "stop"


class PromptTemplateFactory(DjangoModelFactory[PromptTemplate]):
    class Meta:
        model = PromptTemplate

    organization = factory.SubFactory(OrganizationFactory)
    name = factory.Sequence(lambda number: f"Prompt {number}")
    slug = factory.Sequence(lambda number: f"prompt-{number}")


class PromptVersionFactory(DjangoModelFactory[PromptVersion]):
    """The first version of a prompt of its own."""

    class Meta:
        model = PromptVersion

    template = factory.SubFactory(PromptTemplateFactory)
    number = 1
    text = "Greet {{name}}."


class PolicyFactory(DjangoModelFactory[Policy]):
    """The rules of an organization; with a project, its own."""

    class Meta:
        model = Policy

    organization = factory.SubFactory(OrganizationFactory)


class WebhookEndpointFactory(DjangoModelFactory[WebhookEndpoint]):
    """`secret` is what it signs with."""

    class Meta:
        model = WebhookEndpoint

    class Params:
        secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"

    organization = factory.SubFactory(OrganizationFactory)
    url = factory.Sequence(lambda n: f"https://hooks{n}.acme.test/jobs")
    encrypted_secret = factory.LazyAttribute(lambda made: encryption.encrypt(made.secret, purpose=PURPOSE))


class WebhookDeliveryFactory(DjangoModelFactory[WebhookDelivery]):
    """A message that is due."""

    class Meta:
        model = WebhookDelivery

    class Params:
        is_delivered = factory.Trait(
            status=DeliveryStatus.DELIVERED,
            next_attempt_at=None,
            attempts=1,
            response_status=200,
            finished_at=factory.LazyFunction(timezone.now),
        )

    endpoint = factory.SubFactory(WebhookEndpointFactory)
    event = "test"
    body = (
        '{"type": "test", "timestamp": "2026-03-01T12:00:00Z", "version": 1, "data": {"message": "It arrives."}}'
    )


class BatchFactory(DjangoModelFactory[Batch]):
    """A batch of two jobs, without its jobs."""

    class Meta:
        model = Batch

    organization = factory.SubFactory(OrganizationFactory)
    task = Task.SUMMARIZE
    total = 2


class ResponseFactory(JobFactory):
    """A chat that was asked for as a Response, answered."""

    task = Task.CHAT
    input = factory.LazyFunction(
        lambda: {"messages": [{"role": "user", "content": "Hello"}], "response": {"store": True}}
    )
    provider = ProviderName.OPENAI
    model = "gpt-test"
    status = Status.SUCCEEDED
    output = "Good morning."
    finish_reason = FinishReason.STOP
    finished_at = factory.LazyFunction(timezone.now)


def call_record(usage: Usage | None = None, **more: Any) -> CallRecord:
    """A call that went well."""
    now = timezone.now()
    given: dict[str, Any] = {
        "provider": ProviderName.OPENAI,
        "model": "gpt-test",
        "started_at": now,
        "first_token_at": now,
        "finished_at": now,
        "finish_reason": FinishReason.STOP,
        "error_code": "",
        "error_message": "",
        "usage": usage,
    }
    return CallRecord(**given | more)


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
