"""Who may do what: the one table of role → capability, and of scope → capability for secret keys."""

from django.db.models import TextChoices


class Role(TextChoices):
    OWNER = "owner", "Owner"
    ADMIN = "admin", "Admin"
    ANALYST = "analyst", "Analyst"
    VIEWER = "viewer", "Viewer"


class Capability(TextChoices):
    VIEW_DATA = "view_data", "See dashboards and run queries"
    EXPORT_DATA = "export_data", "Export events"
    VIEW_JOBS = "view_jobs", "See inference jobs"
    RUN_JOBS = "run_jobs", "Create and cancel inference jobs"
    SEND_EVENTS = "send_events", "Send events with a server key"
    IMPORT_DATA = "import_data", "Import events from files"
    EXPORT_PEOPLE = "export_people", "Export what is stored of a person"
    ERASE_PEOPLE = "erase_people", "Erase a person and see erasures"
    EDIT_DEFINITIONS = "edit_definitions", "Describe and hide events and properties"
    EXPLAIN_QUERIES = "explain_queries", "See how a query is computed"
    RUN_SQL = "run_sql", "Run SQL over events, people and sessions"
    EDIT_INSIGHTS = "edit_insights", "Make, change and delete saved insights"
    EDIT_COHORTS = "edit_cohorts", "Make, change, compute and delete cohorts"
    MANAGE_PROJECTS = "manage_projects", "Create and change projects"
    MANAGE_KEYS = "manage_keys", "Create and revoke API keys"
    MANAGE_MEMBERS = "manage_members", "Add, change and remove members"
    DELETE_ORGANIZATION = "delete_organization", "Delete the organization"


class Scope(TextChoices):
    """What a secret key may do."""

    QUERY = "query", "Run queries"
    INGEST = "ingest", "Send events to any project of the organization"
    INFERENCE = "inference", "Run inference jobs"
    PRIVACY = "privacy", "Export and erase people"


_VIEWER = frozenset({Capability.VIEW_DATA, Capability.VIEW_JOBS})
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
    Capability.IMPORT_DATA,
    Capability.EXPORT_PEOPLE,
    Capability.ERASE_PEOPLE,
    Capability.MANAGE_PROJECTS,
    Capability.MANAGE_KEYS,
    Capability.MANAGE_MEMBERS,
}
_OWNER = _ADMIN | {Capability.DELETE_ORGANIZATION}

ROLE_CAPABILITIES: dict[str, frozenset[Capability]] = {
    Role.VIEWER: _VIEWER,
    Role.ANALYST: _ANALYST,
    Role.ADMIN: _ADMIN,
    Role.OWNER: _OWNER,
}

SCOPE_CAPABILITIES: dict[str, frozenset[Capability]] = {
    Scope.QUERY: frozenset(
        {
            Capability.VIEW_DATA,
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
}
