"""Who may do what: the one table of role → capability, and of scope → capability for secret keys."""

from collections.abc import Collection

from django.db.models import TextChoices


class Role(TextChoices):
    OWNER = "owner", "Owner"
    ADMIN = "admin", "Admin"
    ANALYST = "analyst", "Analyst"
    VIEWER = "viewer", "Viewer"
    BILLING = "billing", "Billing"


class Capability(TextChoices):
    VIEW_DATA = "view_data", "See dashboards and run queries"
    EXPORT_DATA = "export_data", "Export events"
    VIEW_JOBS = "view_jobs", "See inference jobs"
    RUN_JOBS = "run_jobs", "Create and cancel inference jobs"
    MANAGE_WEBHOOKS = "manage_webhooks", "Set up webhooks, and see what was sent to them"
    SEND_EVENTS = "send_events", "Send events with a server key"
    IMPORT_DATA = "import_data", "Import events from files"
    EXPORT_PEOPLE = "export_people", "Export what is stored of a person"
    ERASE_PEOPLE = "erase_people", "Erase a person and see erasures"
    EDIT_DEFINITIONS = "edit_definitions", "Describe and hide events and properties"
    VIEW_SENSITIVE = "view_sensitive", "See sensitive properties"
    MARK_SENSITIVE = "mark_sensitive", "Mark properties as sensitive"
    EXPLAIN_QUERIES = "explain_queries", "See how a query is computed"
    RUN_SQL = "run_sql", "Run SQL over events, people and sessions"
    EDIT_INSIGHTS = "edit_insights", "Make, change and delete saved insights"
    SHARE_INSIGHTS = "share_insights", "Share insights by public links"
    EDIT_COHORTS = "edit_cohorts", "Make, change, compute and delete cohorts"
    MANAGE_PROJECTS = "manage_projects", "Create and change projects"
    MANAGE_KEYS = "manage_keys", "Create, replace and revoke API keys"
    MANAGE_MODELS = "manage_models", "Set up aliases of models, and own keys for LLM providers"
    VIEW_MEMBERS = "view_members", "See who is a member"
    MANAGE_MEMBERS = "manage_members", "Invite, change and remove members"
    MANAGE_OWNERS = "manage_owners", "Make, change and remove owners, and hand the organization over"
    MANAGE_SSO = "manage_sso", "Set up single sign-on, and claim domains"
    VIEW_USAGE = "view_usage", "See the plan and what is used of it"
    VIEW_BILLING = "view_billing", "See subscription and invoices"
    MANAGE_BILLING = "manage_billing", "Change subscription and payment"
    VIEW_AUDIT = "view_audit", "See, search and export the audit log"
    RENAME_ORGANIZATION = "rename_organization", "Rename the organization, and change its address"
    DELETE_ORGANIZATION = "delete_organization", "Delete the organization, and take that back"


class Scope(TextChoices):
    """What a secret key may do."""

    QUERY = "query", "Run queries"
    INGEST = "ingest", "Send events to any project of the organization"
    INFERENCE = "inference", "Run inference jobs"
    PRIVACY = "privacy", "Export and erase people"
    SENSITIVE = "sensitive", "See sensitive properties in what its other scopes show"
    MANAGE = "manage", "Make, replace and revoke API keys, read the audit log, rename the organization"
    MEMBERS = "members", "Invite, change and remove members, but no owners"
    BILLING = "billing", "Read plan, subscription, usage and invoices"


_VIEWER = frozenset({Capability.VIEW_DATA, Capability.VIEW_JOBS, Capability.VIEW_USAGE, Capability.VIEW_MEMBERS})
_ANALYST = _VIEWER | {
    Capability.RUN_JOBS,
    Capability.EXPORT_DATA,
    Capability.EDIT_DEFINITIONS,
    Capability.EXPLAIN_QUERIES,
    Capability.RUN_SQL,
    Capability.EDIT_INSIGHTS,
    Capability.EDIT_COHORTS,
}
_ADMIN = _ANALYST | {
    Capability.VIEW_SENSITIVE,
    Capability.MARK_SENSITIVE,
    Capability.SHARE_INSIGHTS,
    Capability.IMPORT_DATA,
    Capability.EXPORT_PEOPLE,
    Capability.ERASE_PEOPLE,
    Capability.MANAGE_PROJECTS,
    Capability.MANAGE_KEYS,
    Capability.MANAGE_WEBHOOKS,
    Capability.MANAGE_MODELS,
    Capability.MANAGE_MEMBERS,
    Capability.VIEW_AUDIT,
    Capability.RENAME_ORGANIZATION,
}
# Whoever pays sees what for, and none of the data.
_BILLING = frozenset(
    {Capability.VIEW_USAGE, Capability.VIEW_BILLING, Capability.MANAGE_BILLING, Capability.VIEW_MEMBERS}
)
# Whoever names the provider can come in as any member, owners included: so that is a matter of owners.
_OWNER = _ADMIN | _BILLING | {Capability.MANAGE_OWNERS, Capability.MANAGE_SSO, Capability.DELETE_ORGANIZATION}

ROLE_CAPABILITIES: dict[str, frozenset[Capability]] = {
    Role.VIEWER: _VIEWER,
    Role.ANALYST: _ANALYST,
    Role.ADMIN: _ADMIN,
    Role.OWNER: _OWNER,
    Role.BILLING: _BILLING,
}


def table() -> list[tuple[str, list[bool]]]:
    """Each capability that people have, in words, and for every role in its order whether it has it."""
    rows = [(str(one.label), [one in ROLE_CAPABILITIES[role] for role in Role]) for one in Capability]
    return [(words, granted) for words, granted in rows if any(granted)]


def roles_with(capability: Capability) -> list[str]:
    """The roles that a capability comes with."""
    return [role for role, granted in ROLE_CAPABILITIES.items() if capability in granted]


SCOPE_CAPABILITIES: dict[str, frozenset[Capability]] = {
    Scope.QUERY: frozenset(
        {
            Capability.VIEW_DATA,
            Capability.VIEW_USAGE,
            Capability.EXPORT_DATA,
            Capability.EXPLAIN_QUERIES,
            Capability.RUN_SQL,
            Capability.EDIT_INSIGHTS,
            Capability.EDIT_COHORTS,
        }
    ),
    Scope.INGEST: frozenset({Capability.SEND_EVENTS, Capability.IMPORT_DATA}),
    Scope.INFERENCE: frozenset({Capability.VIEW_JOBS, Capability.RUN_JOBS}),
    Scope.PRIVACY: frozenset({Capability.EXPORT_PEOPLE, Capability.ERASE_PEOPLE}),
    Scope.SENSITIVE: frozenset({Capability.VIEW_SENSITIVE}),
    Scope.MANAGE: frozenset(
        {
            Capability.MANAGE_KEYS,
            Capability.MANAGE_MODELS,
            Capability.MANAGE_WEBHOOKS,
            Capability.VIEW_AUDIT,
            Capability.RENAME_ORGANIZATION,
        }
    ),
    Scope.MEMBERS: frozenset({Capability.VIEW_MEMBERS, Capability.MANAGE_MEMBERS}),
    Scope.BILLING: frozenset({Capability.VIEW_USAGE, Capability.VIEW_BILLING}),
}


def scopes_within(granted: Collection[Capability]) -> list[Scope]:
    """The scopes with which a key can do nothing that a person with these capabilities could not.

    What is of keys alone, such as sending events, nobody else has.
    """
    of_people = frozenset().union(*ROLE_CAPABILITIES.values())
    return [scope for scope in Scope if (SCOPE_CAPABILITIES[scope] & of_people).issubset(granted)]
