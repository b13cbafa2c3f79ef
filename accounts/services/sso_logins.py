"""Let in whom an organization's provider vouches for: as the account that they have, or one made just in time."""

from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from allauth.socialaccount.models import SocialAccount
from allauth.usersessions.models import UserSession
from django.conf import settings
from django.contrib.sessions.models import Session
from django.db import transaction
from django.urls import reverse

from accounts.access import Actor
from accounts.audited import Action, Target
from accounts.errors import Forbidden
from accounts.letters import Letter
from accounts.models import Membership, SingleSignOn, User
from accounts.openid.tokens import Identity
from accounts.origin import Origin
from accounts.permissions import Role
from accounts.queries import sso
from accounts.services import audit, mail, organizations, people


@transaction.atomic
def admit(*, connection: SingleSignOn, identity: Identity, origin: Origin) -> SocialAccount:
    """The account that this identity is bound to, a member of the organization from now on.

    Bound is the issuer's subject. An address leads to an account only the first time, and only where its domain
    is the organization's. Raises Forbidden, with a reason, for whom the organization's provider cannot vouch for.
    """
    require_vouched(connection, identity)
    # One at a time for an organization: two tabs of a new person make one account.
    SingleSignOn.objects.select_for_update(of=("self",)).get(pk=connection.pk)
    known = SocialAccount.objects.filter(provider=connection.provider_id, uid=identity.uid)
    bound = known.select_related("user").first() or _bind(connection, identity, origin)
    user: User = bound.user
    if not sso.captures(connection.organization, user.email):
        raise Forbidden(
            f"Your account has the address {user.email} now, which is not of a domain of "
            f"{connection.organization.name}. Log in with your password or passkey."
        )
    if not user.is_active:
        raise Forbidden("This account is deactivated.")
    if user.is_staff:
        raise Forbidden("Staff of the installation do not come in by an organization's single sign-on.")
    if not Membership.objects.of(connection.organization).filter(user=user).exists():
        role, actor = Role(connection.default_role), Actor(user=user, origin=origin)
        organizations.add_member(organization=connection.organization, user=user, role=role, actor=actor)
    return bound


def require_vouched(connection: SingleSignOn, identity: Identity) -> None:
    """Raises Forbidden for an address that is not confirmed, or not of the organization's domains."""
    require_confirmed(connection, identity)
    if not sso.captures(connection.organization, identity.email):
        raise Forbidden(
            f"{identity.email} is not of a domain that {connection.organization.name} has proved to be its own."
        )


def require_confirmed(connection: SingleSignOn, identity: Identity) -> None:
    """Raises Forbidden for another provider's word, and for an address that is missing or not confirmed."""
    if identity.issuer != connection.issuer:
        raise Forbidden("The provider is not the one that was set up.")
    if not identity.email:
        raise Forbidden("The provider does not say your e-mail address. It has to send the claim 'email'.")
    if not identity.email_verified:
        raise Forbidden(f"The provider does not say that {identity.email} is confirmed ('email_verified').")


@transaction.atomic
def note_refused(*, connection: SingleSignOn, why: str, origin: Origin) -> None:
    """Somebody came back from the provider and was not let in; in the log of the provider's organization."""
    audit.record(
        action=Action.LOGIN_REFUSED,
        actor=Actor(origin=origin),
        organization_id=connection.organization_id,
        target=Target(connection.pk, connection.issuer),
        after={"why": why},
    )


def _bind(connection: SingleSignOn, identity: Identity, origin: Origin) -> SocialAccount:
    """Bind the identity to the account of its address, or to a new one."""
    user = User.objects.select_for_update().filter(email__iexact=identity.email).first()
    if user is None:
        user = people.create_verified(email=identity.email, name=identity.name)
    else:
        _require_unbound(connection, user)
        _take_over_unconfirmed(user)
        mail.send_on_commit(letter=_letter(connection, user), to=[user.email])
    bound: SocialAccount = SocialAccount.objects.create(
        user=user,
        provider=connection.provider_id,
        uid=identity.uid,
        extra_data={"issuer": identity.issuer, "subject": identity.subject, "email": identity.email},
    )
    _note(Action.SSO_LINKED, connection.organization_id, user, Actor(user=user, origin=origin))
    return bound


def _require_unbound(connection: SingleSignOn, user: User) -> None:
    """An address that a provider gives to somebody else does not bring them the account of who had it before."""
    if user.is_staff:
        raise Forbidden("Staff of the installation do not come in by an organization's single sign-on.")
    if SocialAccount.objects.filter(provider=connection.provider_id, user=user).exists():
        raise Forbidden(
            f"The account of {user.email} belongs to another person of your provider. An owner of "
            f"{connection.organization.name} has to remove that member first."
        )


def _take_over_unconfirmed(user: User) -> None:
    """Whoever made the account has never shown that the address is theirs: nothing that they set opens it."""
    if EmailAddress.objects.filter(user=user, email__iexact=user.email, verified=True).exists():
        return
    user.set_unusable_password()
    user.save(update_fields=["password"])
    Authenticator.objects.filter(user=user).delete()
    sessions = UserSession.objects.filter(user=user)
    Session.objects.filter(session_key__in=list(sessions.values_list("session_key", flat=True))).delete()
    sessions.delete()
    EmailAddress.objects.filter(user=user).delete()
    EmailAddress.objects.create(user=user, email=user.email, primary=True, verified=True)


def _note(action: Action, organization_id: int, user: User, actor: Actor) -> None:
    target = Target(user.pk, user.email)
    audit.record(action=action, actor=actor, organization_id=organization_id, target=target)


def _letter(connection: SingleSignOn, user: User) -> Letter:
    name = connection.organization.name
    return Letter(
        subject=f"You log in with {name} now",
        heading=f"You log in with {name} now",
        paragraphs=(
            (
                f"Your account {user.email} was opened by the single sign-on of {name}, to which the domain of "
                "your address belongs. From now on it opens your account, all of it."
            ),
            "If it was not you, tell whoever looks after accounts in your company.",
        ),
        label="See your sessions",
        address=settings.BASE_URL + reverse("usersessions_list"),
        why="You get this because it concerns your account on this installation of Plumbline.",
    )
