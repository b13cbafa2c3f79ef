from django.urls import path

from accounts.api.audit import AuditView
from accounts.api.caps import CapsView, CapView
from accounts.api.invitations import InvitationsView, InvitationView, ResendView
from accounts.api.invoices import InvoicePdfView, InvoicesView, InvoiceView
from accounts.api.keys import CurrentKey, SecretKeyRotateView, SecretKeysView, SecretKeyView
from accounts.api.members import MembersView, MemberView
from accounts.api.organizations import OrganizationsView, OrganizationView
from accounts.api.plans import PlansView, SubscriptionView
from accounts.api.stripe import StripeEventsView

_INVOICE = "organizations/<slug:organization>/invoices/<int:invoice_id>/"
_INVITATION = "organizations/<slug:organization>/invitations/<int:invitation_id>/"

urlpatterns = [
    path("key/", CurrentKey.as_view(), name="current_key"),
    path("organizations/", OrganizationsView.as_view(), name="api_organizations"),
    path("organizations/<slug:organization>/", OrganizationView.as_view(), name="api_organization"),
    path("plans/", PlansView.as_view(), name="api_plans"),
    path("stripe/events/", StripeEventsView.as_view(), name="stripe_events"),
    path("organizations/<slug:organization>/subscription/", SubscriptionView.as_view(), name="api_subscription"),
    path("organizations/<slug:organization>/audit/", AuditView.as_view(), name="api_audit"),
    path("organizations/<slug:organization>/caps/", CapsView.as_view(), name="api_caps"),
    path("organizations/<slug:organization>/caps/<str:currency>/", CapView.as_view(), name="api_cap"),
    path("organizations/<slug:organization>/invoices/", InvoicesView.as_view(), name="api_invoices"),
    path(_INVOICE, InvoiceView.as_view(), name="api_invoice"),
    path(f"{_INVOICE}pdf/", InvoicePdfView.as_view(), name="api_invoice_pdf"),
    path("organizations/<slug:organization>/keys/", SecretKeysView.as_view(), name="api_keys"),
    path("organizations/<slug:organization>/keys/<int:key>/", SecretKeyView.as_view(), name="api_key"),
    path(
        "organizations/<slug:organization>/keys/<int:key>/rotate/",
        SecretKeyRotateView.as_view(),
        name="api_key_rotate",
    ),
    path("organizations/<slug:organization>/members/", MembersView.as_view(), name="api_members"),
    path("organizations/<slug:organization>/members/<int:member_id>/", MemberView.as_view(), name="api_member"),
    path("organizations/<slug:organization>/invitations/", InvitationsView.as_view(), name="api_invitations"),
    path(_INVITATION, InvitationView.as_view(), name="api_invitation"),
    path(f"{_INVITATION}resend/", ResendView.as_view(), name="api_invitation_resend"),
]
