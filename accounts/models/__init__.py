from accounts.models.answers import KeptAnswer
from accounts.models.keys import HashedKey, SecretKey
from accounts.models.organizations import Membership, Organization
from accounts.models.plans import Plan
from accounts.models.users import User

__all__ = ("HashedKey", "KeptAnswer", "Membership", "Organization", "Plan", "SecretKey", "User")
