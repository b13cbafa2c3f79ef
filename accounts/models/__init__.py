from accounts.models.answers import KeptAnswer
from accounts.models.audit import AuditEntry
from accounts.models.billing import BillingProfile, StripeEvent
from accounts.models.coupons import Coupon, Redemption
from accounts.models.invitations import Invitation
from accounts.models.invoices import (
    CreditNote,
    Invoice,
    InvoiceCounter,
    InvoiceLine,
    RatedMonth,
    ReportedBlocks,
    Seller,
)
from accounts.models.keys import HashedKey, SecretKey
from accounts.models.notices import UsageNotice
from accounts.models.organizations import Membership, Organization
from accounts.models.plans import Plan
from accounts.models.prices import PlanPrice
from accounts.models.slugs import FormerSlug
from accounts.models.spending import KeySpending, Reservation, SpendingCap
from accounts.models.sso import DomainClaim, SingleSignOn
from accounts.models.subscriptions import PlanRequest, Subscription
from accounts.models.usage import UsageDay, UsageEntry
from accounts.models.users import User

__all__ = (
    "AuditEntry",
    "BillingProfile",
    "Coupon",
    "CreditNote",
    "DomainClaim",
    "FormerSlug",
    "HashedKey",
    "Invitation",
    "Invoice",
    "InvoiceCounter",
    "InvoiceLine",
    "KeptAnswer",
    "KeySpending",
    "Membership",
    "Organization",
    "Plan",
    "PlanPrice",
    "PlanRequest",
    "RatedMonth",
    "Redemption",
    "ReportedBlocks",
    "Reservation",
    "SecretKey",
    "Seller",
    "SingleSignOn",
    "SpendingCap",
    "StripeEvent",
    "Subscription",
    "UsageDay",
    "UsageEntry",
    "UsageNotice",
    "User",
)
