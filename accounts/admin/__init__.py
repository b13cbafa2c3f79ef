"""The staff admin of people, organizations, their plans and keys; `base` is shared with the other apps' admins."""

from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from allauth.socialaccount.models import SocialAccount, SocialApp, SocialToken
from allauth.usersessions.models import UserSession
from django.contrib import admin
from django.contrib.auth.models import Group

from accounts.admin.audit import AuditEntryAdmin
from accounts.admin.billing import CouponAdmin, PlanRequestAdmin, SubscriptionAdmin
from accounts.admin.invitations import InvitationAdmin
from accounts.admin.invoices import CreditNoteAdmin, InvoiceAdmin, SellerAdmin
from accounts.admin.keys import SecretKeyAdmin
from accounts.admin.organizations import MembershipAdmin, OrganizationAdmin
from accounts.admin.plans import PlanAdmin, PlanPriceAdmin
from accounts.admin.security import AuthenticatorAdmin
from accounts.admin.sso import DomainClaimAdmin, SingleSignOnAdmin, SocialAccountAdmin
from accounts.admin.stripe import BillingProfileAdmin, StripeEventAdmin
from accounts.admin.usage import (
    ReservationAdmin,
    SpendingCapAdmin,
    UsageDayAdmin,
    UsageEntryAdmin,
    UsageNoticeAdmin,
)
from accounts.admin.users import UserAdmin
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

# Staff are few: their permissions are set on the user, so groups would only be noise.
admin.site.unregister(Group)
# The address that counts is the user's own.
admin.site.unregister(EmailAddress)
# Where people are logged in is theirs to see.
admin.site.unregister(UserSession)
# allauth's own page shows the keys.
admin.site.unregister(Authenticator)
admin.site.register(Authenticator, AuthenticatorAdmin)
# Providers are organizations' own, and no tokens are kept.
admin.site.unregister([SocialApp, SocialToken, SocialAccount])
admin.site.register(SocialAccount, SocialAccountAdmin)
admin.site.register(SingleSignOn, SingleSignOnAdmin)
admin.site.register(DomainClaim, DomainClaimAdmin)
admin.site.register(Invitation, InvitationAdmin)
admin.site.register(User, UserAdmin)
admin.site.register(Organization, OrganizationAdmin)
admin.site.register(Plan, PlanAdmin)
admin.site.register(PlanPrice, PlanPriceAdmin)
admin.site.register(Membership, MembershipAdmin)
admin.site.register(SecretKey, SecretKeyAdmin)
admin.site.register(AuditEntry, AuditEntryAdmin)
admin.site.register(Coupon, CouponAdmin)
admin.site.register(Subscription, SubscriptionAdmin)
admin.site.register(PlanRequest, PlanRequestAdmin)
admin.site.register(StripeEvent, StripeEventAdmin)
admin.site.register(BillingProfile, BillingProfileAdmin)
admin.site.register(UsageEntry, UsageEntryAdmin)
admin.site.register(UsageDay, UsageDayAdmin)
admin.site.register(SpendingCap, SpendingCapAdmin)
admin.site.register(Reservation, ReservationAdmin)
admin.site.register(UsageNotice, UsageNoticeAdmin)
admin.site.register(Invoice, InvoiceAdmin)
admin.site.register(CreditNote, CreditNoteAdmin)
admin.site.register(Seller, SellerAdmin)
