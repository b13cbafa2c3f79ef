"""Django settings, read from the environment (`config/environment.py` lists every variable)."""

import os
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import environ
from celery.schedules import schedule
from csp.constants import NONCE, NONE, SELF
from django.core.exceptions import ImproperlyConfigured
from django.urls import reverse_lazy

from config import environment, logs

ROOT = Path(__file__).resolve().parent.parent
ENV = environment.read(os.environ)

SECRET_KEY = ENV["SECRET_KEY"]
DEBUG = ENV["PLUMBLINE_DEBUG"]
BASE_URL = ENV["PLUMBLINE_BASE_URL"].rstrip("/")
HTTPS = BASE_URL.startswith("https://")
ALLOWED_HOSTS = [
    environment.host_of(BASE_URL),
    "localhost",
    "127.0.0.1",
    "[::1]",
    *ENV["PLUMBLINE_ALLOWED_HOSTS"],
]
TRUSTED_PROXIES: int = ENV["PLUMBLINE_TRUSTED_PROXIES"]
MAXMIND_FILE = environment.file("PLUMBLINE_MAXMIND", ENV["PLUMBLINE_MAXMIND"])
DATA_FOLDER = Path(ENV["PLUMBLINE_DATA"]).resolve()

INSTALLED_APPS = [
    "unfold",
    "unfold.contrib.filters",
    "unfold.contrib.import_export",
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
    "django.contrib.humanize",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "allauth.socialaccount",
    "allauth.usersessions",
    "django_filters",
    "django_htmx",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "import_export",
    "rest_framework",
    "csp",
    "config",
    "config.demo",
    "accounts",
    "analytics",
    "inference",
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "accounts.middleware.RequestIdMiddleware",
    "csp.middleware.CSPMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "accounts.middleware.AllowanceMiddleware",
    "accounts.middleware.SessionSeenMiddleware",
    "accounts.middleware.ErrorPagesMiddleware",
]

ROOT_URLCONF = "config.urls"
ASGI_APPLICATION = "config.asgi.application"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [ROOT / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "csp.context_processors.nonce",
            ],
        },
    }
]

# How many requests one web process works on at once; the pool has a connection for each, and some to spare.
REQUESTS_AT_ONCE = 24

# ASGI threads come and go, so a connection belongs to a pool and not to a thread.
DATABASES: dict[str, dict[str, Any]] = {
    "default": {
        **environment.database(
            ENV["DATABASE_URL"],
            # Whoever tries for long pauses longer and longer; whoever comes next tries at once.
            pool={"min_size": 1, "max_size": REQUESTS_AT_ONCE + 8, "timeout": 10, "reconnect_timeout": 4},
        ),
        "CONN_MAX_AGE": 0,
        # A connection that died with its server is noticed before it is used: `config/postgresql` looks.
        "CONN_HEALTH_CHECKS": False,
        "TEST": {"NAME": "plumbline_test"},
    }
}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

REDIS_URL: str = ENV["REDIS_URL"]
CACHES = {
    "default": {
        "BACKEND": "django.core.cache.backends.redis.RedisCache",
        "LOCATION": REDIS_URL,
        "KEY_PREFIX": "cache",
    }
}

CELERY_BROKER_URL = environment.broker(REDIS_URL)
CELERY_REDBEAT_REDIS_URL = REDIS_URL
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_DEFAULT_QUEUE = "default"
CELERY_TASK_ROUTES = {
    "inference.tasks.deliver_webhooks": {"queue": "default"},
    "inference.tasks.remove_content": {"queue": "default"},
    "inference.tasks.*": {"queue": "inference"},
}
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_TIMEZONE = "UTC"
# Beat keeps its place in Redis, under a lock, so that two of them do no harm.
CELERY_BEAT_SCHEDULER = "redbeat.RedBeatScheduler"
CELERY_REDBEAT_LOCK_TIMEOUT = 5
CELERY_BEAT_MAX_LOOP_INTERVAL = 1
SEAL_SECONDS: float = ENV["PLUMBLINE_SEAL_SECONDS"]
CELERY_BEAT_SCHEDULE = {
    "seal": {
        "task": "analytics.tasks.seal",
        "schedule": schedule(SEAL_SECONDS),
        "options": {"expires": 10},
    },
    "compact": {
        "task": "analytics.tasks.compact",
        "schedule": schedule(60),
        "options": {"expires": 60},
    },
    "sweep": {
        "task": "analytics.tasks.sweep",
        "schedule": schedule(300),
        "options": {"expires": 300},
    },
    "delete-organizations": {
        "task": "analytics.tasks.delete_organizations",
        "schedule": schedule(300),
        "options": {"expires": 300},
    },
    "erase": {
        "task": "analytics.tasks.erase",
        "schedule": schedule(60),
        "options": {"expires": 60},
    },
    "expire": {
        "task": "analytics.tasks.expire",
        "schedule": schedule(3600),
        "options": {"expires": 3600},
    },
    "compute-cohorts": {
        "task": "analytics.tasks.compute_cohorts",
        "schedule": schedule(5),
        "options": {"expires": 5},
    },
    "take-up-imports": {
        "task": "analytics.tasks.take_up_imports",
        "schedule": schedule(10),
        "options": {"expires": 10},
    },
    "sweep-imports": {
        "task": "analytics.tasks.sweep_imports",
        "schedule": schedule(3600),
        "options": {"expires": 3600},
    },
    "move-subscriptions": {
        "task": "accounts.tasks.move_subscriptions",
        "schedule": schedule(300),
        "options": {"expires": 300},
    },
    "take-up-stripe-events": {
        "task": "accounts.tasks.take_up_stripe_events",
        "schedule": schedule(60),
        "options": {"expires": 60},
    },
    "notify-quota": {
        "task": "analytics.tasks.notify_quota",
        "schedule": schedule(300),
        "options": {"expires": 300},
    },
    "issue-invoices": {
        "task": "accounts.tasks.issue_invoices",
        "schedule": schedule(300),
        "options": {"expires": 300},
    },
    "report-usage": {
        "task": "accounts.tasks.report_usage",
        "schedule": schedule(600),
        "options": {"expires": 600},
    },
    "tend-reservations": {
        "task": "inference.tasks.tend_reservations",
        "schedule": schedule(600),
        "options": {"expires": 600},
    },
    "deliver-webhooks": {
        "task": "inference.tasks.deliver_webhooks",
        "schedule": schedule(5),
        "options": {"expires": 5},
    },
    "tend-batches": {
        "task": "inference.tasks.tend_batches",
        "schedule": schedule(60),
        "options": {"expires": 60},
    },
    "remove-content": {
        "task": "inference.tasks.remove_content",
        "schedule": schedule(60),
        "options": {"expires": 60},
    },
    "wake-inference": {
        "task": "inference.tasks.wake",
        "schedule": schedule(5),
        "options": {"expires": 5},
    },
}

# What may be uploaded to be imported, packed or not; see `config/asgi.py`.
IMPORT_BYTES: int = ENV["PLUMBLINE_IMPORT_MEGABYTES"] * 2**20

AUDIT_DAYS: int = environment.audit_days(ENV["PLUMBLINE_AUDIT_DAYS"])

STRIPE_WEBHOOK_SECRET: str = ENV["STRIPE_WEBHOOK_SECRET"]
STRIPE_SECRET_KEY: str = environment.stripe_key(ENV["STRIPE_SECRET_KEY"], STRIPE_WEBHOOK_SECRET)
STRIPE_TAX: bool = ENV["PLUMBLINE_STRIPE_TAX"]
STRIPE_API_BASE: str = ENV["PLUMBLINE_STRIPE_API_BASE"].rstrip("/")

EVENT_STORE_URL: str = environment.event_store(ENV["EVENT_STORE_URL"])
EVENT_STORE_SQL_URL: str = environment.event_store_sql(ENV["EVENT_STORE_SQL_URL"], EVENT_STORE_URL)
QUERY_SECONDS: int = ENV["PLUMBLINE_QUERY_SECONDS"]
# What the API computes for longer than this is fetched later, unless the client says how long it waits.
QUERY_WAIT_SECONDS = 3.0
# What Explore computes for longer than this shows how far it is, and can be cancelled.
PAGE_WAIT_SECONDS = 1.0
QUERIES_AT_ONCE: int = ENV["PLUMBLINE_QUERIES_AT_ONCE"]
QUERY_MEMORY: str = ENV["PLUMBLINE_QUERY_MEMORY"]
SQL_MEGABYTES: int = ENV["PLUMBLINE_SQL_MEGABYTES"]

WEBHOOKS_PRIVATE: bool = ENV["PLUMBLINE_WEBHOOKS_PRIVATE"]
INFERENCE = {
    "concurrency": ENV["PLUMBLINE_INFERENCE_CONCURRENCY"],
    "most_running": ENV["PLUMBLINE_INFERENCE_MOST_RUNNING"],
    "deadline": ENV["PLUMBLINE_INFERENCE_SECONDS"],
    "first_token": ENV["PLUMBLINE_INFERENCE_FIRST_TOKEN_SECONDS"],
    "stall": ENV["PLUMBLINE_INFERENCE_STALL_SECONDS"],
    "job": ENV["PLUMBLINE_INFERENCE_JOB_SECONDS"],
    "private": ENV["PLUMBLINE_INFERENCE_PRIVATE"],
    "lease": ENV["PLUMBLINE_INFERENCE_LEASE"],
    "anthropic": {
        "api_key": ENV["ANTHROPIC_API_KEY"],
        "base_url": ENV["ANTHROPIC_BASE_URL"],
        "model": ENV["ANTHROPIC_MODEL"],
    },
    "openai": {
        "api_key": ENV["OPENAI_API_KEY"],
        "base_url": ENV["OPENAI_BASE_URL"],
        "model": ENV["OPENAI_MODEL"],
    },
}

TRACING: bool = ENV["PLUMBLINE_TRACING"]
if TRACING and find_spec("opentelemetry") is None:
    raise ImproperlyConfigured("PLUMBLINE_TRACING needs OpenTelemetry: install requirements/otel.txt.")

AUTH_USER_MODEL = "accounts.User"
AUTHENTICATION_BACKENDS = ["allauth.account.auth_backends.AuthenticationBackend"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {
        "NAME": "django.contrib.auth.password_validation.MinimumLengthValidator",
        "OPTIONS": {"min_length": 10},
    },
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "home"
SIGNUP_OPEN: bool = ENV["PLUMBLINE_SIGNUP"]
DELETION_DAYS: int = ENV["PLUMBLINE_DELETION_DAYS"]
ACCOUNT_ADAPTER = "accounts.adapter.AccountAdapter"
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_LOGIN_METHODS = {"email"}
# The password once: a mistyped one is reset by mail.
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*"]
# By a code, which is typed into the window where the account is made.
ACCOUNT_EMAIL_VERIFICATION = "mandatory"
ACCOUNT_EMAIL_VERIFICATION_BY_CODE_ENABLED = True
ACCOUNT_EMAIL_VERIFICATION_SUPPORTS_RESEND = True
ACCOUNT_EMAIL_VERIFICATION_SUPPORTS_CHANGE = True
# A person has one address; a new one takes its place once it is confirmed, and the old one is told.
ACCOUNT_CHANGE_EMAIL = True
ACCOUNT_EMAIL_NOTIFICATIONS = True
# Who has no account here gets no mail from here.
ACCOUNT_EMAIL_UNKNOWN_ACCOUNTS = False
ACCOUNT_REAUTHENTICATION_REQUIRED = True
ACCOUNT_REAUTHENTICATION_TIMEOUT = 15 * 60
ACCOUNT_SESSION_REMEMBER = True
ACCOUNT_LOGOUT_ON_GET = False
# Counted in Redis; what is not named here is as allauth has it. docs/security.md tells them.
ACCOUNT_RATE_LIMITS = {
    "login": "30/m/ip",
    "login_failed": "10/m/ip,5/5m/key",
    "signup": "20/m/ip",
    "reset_password": "20/m/ip,5/m/key",
    "reauthenticate": "10/m/user",
    "confirm_email": "1/10s/key",
    # Our own: beginning and ending a single sign-on; what makes us ask a provider or a domain.
    "sso": "60/m/ip",
    "sso_check": "10/m/key",
}
ACCOUNT_FORMS = {
    "login": "accounts.forms.LoginForm",
    "signup": "accounts.forms.NewAccountForm",
    "reset_password": "accounts.forms.ResetForm",
    "add_email": "accounts.forms.ChangeAddressForm",
    "change_email": "accounts.forms.OtherAddressForm",
    "change_password": "accounts.forms.NewPasswordForm",
    "set_password": "accounts.forms.FirstPasswordForm",
    "reset_password_from_key": "accounts.forms.ChosenPasswordForm",
    "reauthenticate": "accounts.forms.ProofForm",
    "confirm_email_verification_code": "accounts.forms.EmailCodeForm",
}
ALLAUTH_TRUSTED_PROXY_COUNT = TRUSTED_PROXIES
# Each organization's own provider (docs/sso.md): there is none in the settings, and no token is kept.
SOCIALACCOUNT_ADAPTER = "accounts.social_adapter.SocialAccountAdapter"
SSO_PRIVATE: bool = ENV["PLUMBLINE_SSO_PRIVATE"]
USERSESSIONS_ADAPTER = "accounts.adapter.UserSessionsAdapter"
MFA_ADAPTER = "accounts.adapter.MFAAdapter"
MFA_FORMS = {
    "add_webauthn": "accounts.forms.AddPasskeyForm",
    "authenticate": "accounts.forms.CodeForm",
    "reauthenticate": "accounts.forms.CodeProofForm",
    "activate_totp": "accounts.forms.AppForm",
}
MFA_SUPPORTED_TYPES = ["totp", "webauthn", "recovery_codes"]
MFA_PASSKEY_LOGIN_ENABLED = True
MFA_TOTP_ISSUER = "Plumbline"
# A phone's clock may be half a minute off.
MFA_TOTP_TOLERANCE = 1
# Browsers themselves take `localhost` for secure, and no other address without HTTPS.
MFA_WEBAUTHN_ALLOW_INSECURE_ORIGIN = not HTTPS

REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": [
        "accounts.api.authentication.SecretKeyAuthentication",
        "rest_framework.authentication.SessionAuthentication",
    ],
    "DEFAULT_PERMISSION_CLASSES": ["rest_framework.permissions.IsAuthenticated"],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["rest_framework.parsers.JSONParser"],
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
    "DEFAULT_PAGINATION_CLASS": "accounts.api.pagination.CursorPagination",
    "PAGE_SIZE": 50,
    "EXCEPTION_HANDLER": "accounts.api.errors.handle",
    "DEFAULT_FILTER_BACKENDS": ["django_filters.rest_framework.DjangoFilterBackend"],
    "TEST_REQUEST_DEFAULT_FORMAT": "json",
}
SPECTACULAR_SETTINGS = {
    "TITLE": "Plumbline API",
    "DESCRIPTION": "Send events, ask questions of them, run LLM jobs over them.",
    "VERSION": "1",
    # pydantic describes what may be null as 3.1 does.
    "OAS_VERSION": "3.1.1",
    "SERVE_INCLUDE_SCHEMA": False,
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
    # Without this the page asks a service on the internet to check the schema.
    "SWAGGER_UI_SETTINGS": {"deepLinking": True, "validatorUrl": None},
    "COMPONENT_SPLIT_REQUEST": True,
    "ENUM_NAME_OVERRIDES": {
        "HealthStatus": ["ok"],
        "ReadinessStatus": ["ready", "not_ready"],
        "EventStatus": "analytics.ingestion.protocols.native.STATUSES",
        "DropReason": "analytics.api.usage_serializers.REASONS",
        "Meter": "analytics.api.usage_serializers.METERS",
        "InsightChangeKind": "analytics.models.insights.InsightChange.What",
        "QueryState": "analytics.models.query_runs.QueryRun.State",
        "CohortState": "analytics.models.cohorts.Cohort.State",
        "InferenceProvider": "inference.choices.ProviderName",
        "RemoteProvider": "inference.choices.REMOTE_CHOICES",
        "BillingProvider": "accounts.models.subscriptions.Subscription.Provider",
        "SubscriptionState": "accounts.models.subscriptions.Subscription.State",
        "BatchState": "inference.api.batch_serializers.STATES",
        "JobStatus": "inference.choices.Status",
        "MessageRole": ["system", "developer", "user", "assistant", "tool"],
        "RoleEnum": "accounts.permissions.Role",
        "EventKind": ["track", "page", "screen", "identify", "group", "alias", "passive"],
        "PropertyType": "analytics.models.PropertyReading.Type",
    },
    "POSTPROCESSING_HOOKS": [
        "drf_spectacular.hooks.postprocess_schema_enums",
        "inference.api.schema.describe_stream",
        "analytics.api.query_schema.add_filters",
    ],
}

LANGUAGE_CODE = "en"
TIME_ZONE = "UTC"
USE_I18N = True
USE_TZ = True
USE_THOUSAND_SEPARATOR = True

STATIC_URL = "/static/"
STATIC_ROOT = DATA_FOLDER / "static"
STATICFILES_DIRS = [ROOT / "static"]
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"},
}

EMAIL_CONFIG = environ.Env.email_url_config(ENV["EMAIL_URL"])
vars().update(EMAIL_CONFIG)
# A mail server that does not answer holds up nobody for longer, in seconds.
EMAIL_TIMEOUT = 30
DEFAULT_FROM_EMAIL = ENV["DEFAULT_FROM_EMAIL"]

# A body over the limit of its route is refused there; this is the roof over all of them.
DATA_UPLOAD_MAX_MEMORY_SIZE = 25 * 1024 * 1024

SESSION_COOKIE_SECURE = HTTPS
CSRF_COOKIE_SECURE = HTTPS
SESSION_COOKIE_NAME = "plumbline_session"
CSRF_COOKIE_NAME = "plumbline_csrf"
CSRF_TRUSTED_ORIGINS = [BASE_URL]
SECURE_SSL_REDIRECT = HTTPS
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if TRUSTED_PROXIES else None
SECURE_HSTS_SECONDS = 31_536_000 if HTTPS else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = HTTPS
SECURE_HSTS_PRELOAD = HTTPS
SECURE_REDIRECT_EXEMPT = [r"^healthz$", r"^readyz$"]
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
CONTENT_SECURITY_POLICY = {
    "EXCLUDE_URL_PREFIXES": ("/admin/",),
    "DIRECTIVES": {
        "default-src": [SELF],
        "script-src": [SELF, NONCE],
        "style-src": [SELF, NONCE],
        "img-src": [SELF, "data:"],
        "connect-src": [SELF],
        "object-src": [NONE],
        "base-uri": [NONE],
        "frame-ancestors": [NONE],
        "form-action": [SELF],
    },
}

LOGGING = logs.configuration(ENV["PLUMBLINE_LOG_LEVEL"])
LOGGING_CONFIG = "logging.config.dictConfig"

UNFOLD = {
    "SITE_TITLE": "Plumbline staff",
    "SITE_HEADER": "Plumbline",
    "SITE_URL": reverse_lazy("home"),
    "SHOW_HISTORY": True,
    "SHOW_VIEW_ON_SITE": False,
    "DASHBOARD_CALLBACK": "config.staff.dashboard",
}
