"""The staff admin of people, organizations, their plans and keys; `base` is shared with the other apps' admins."""

from allauth.account.models import EmailAddress
from django.contrib import admin
from django.contrib.auth.models import Group

from accounts.admin.keys import SecretKeyAdmin
from accounts.admin.organizations import MembershipAdmin, OrganizationAdmin
from accounts.admin.plans import PlanAdmin
from accounts.admin.users import UserAdmin
from accounts.models import Membership, Organization, Plan, SecretKey, User

# Staff are few: their permissions are set on the user, so groups would only be noise.
admin.site.unregister(Group)
# The address that counts is the user's own.
admin.site.unregister(EmailAddress)
admin.site.register(User, UserAdmin)
admin.site.register(Organization, OrganizationAdmin)
admin.site.register(Plan, PlanAdmin)
admin.site.register(Membership, MembershipAdmin)
admin.site.register(SecretKey, SecretKeyAdmin)
