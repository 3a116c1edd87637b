"""What is true everywhere. The environment is read here and nowhere else."""

from pathlib import Path
from typing import Any

import environ
from django.templatetags.static import static
from django.utils.translation import gettext_lazy as _

from chongqing_dte.settings import schedule
from chongqing_dte.settings.registers import register_connections

BASE_DIR = Path(__file__).resolve().parent.parent.parent
env = environ.Env()
if (BASE_DIR / ".env").exists():
    env.read_env(BASE_DIR / ".env")

# ── Applications ─────────────────────────────────────────────────────────────────────────────────────────
INSTALLED_APPS = [
    "unfold",
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "rest_framework",
    "pgtrigger",
    "csp",
    "chongqing_dte.foundation",
    "oauth2_provider",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "institutions",
    "partners",
    "enrollment",
    "assessment",
    "subsidies",
]
MIDDLEWARE = [
    "chongqing_dte.foundation.logs.RequestIdMiddleware",
    "partners.rest.access_log.ApiAccessMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "csp.middleware.CSPMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "chongqing_dte.foundation.language.ChosenLanguageMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "chongqing_dte.foundation.errors.DomainErrorMiddleware",
]
ROOT_URLCONF = "chongqing_dte.urls"
WSGI_APPLICATION = "chongqing_dte.wsgi.application"
TEMPLATES: list[dict[str, Any]] = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ],
        },
    },
]

# ── Database and broker ──────────────────────────────────────────────────────────────────────────────────
DATABASES = {"default": env.db("DATABASE_URL", default="postgres:///portal")}
DATABASES["default"]["CONN_MAX_AGE"] = 60
DATABASES["default"]["CONN_HEALTH_CHECKS"] = True
# A request or a task that waits longer than this has gone wrong, and must not hold what others wait for.
DATABASES["default"].setdefault("OPTIONS", {})["options"] = (
    "-c statement_timeout=60s -c lock_timeout=10s -c idle_in_transaction_session_timeout=60s"
    # No trigger is ignored. Left unset, each call of a trigger would raise and catch an error to find that out.
    " -c pgtrigger.ignore={}"
)
ATOMIC_REQUESTS = False
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
REDIS_URL = env.str("REDIS_URL", default="redis://127.0.0.1:6379/0")

# ── Celery: messages are nudges, rows are jobs ───────────────────────────────────────────────────────────
SWEEP_SECONDS = env.float("SWEEP_SECONDS", default=30.0)
CELERY_BROKER_URL = REDIS_URL
CELERY_TIMEZONE = "Asia/Shanghai"
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_ACKS_LATE = False
CELERY_TASK_REJECT_ON_WORKER_LOST = False
CELERY_TASK_DEFAULT_QUEUE = "money"
CELERY_TASK_QUEUES = {"money": {"exchange": "money"}, "heavy": {"exchange": "heavy"}}
# What may take long keeps nobody waiting who is paid.
CELERY_TASK_ROUTES = {
    "enrollment.tasks.check_received_rosters_task": {"queue": "heavy"},
    "enrollment.tasks.ask_registers_task": {"queue": "heavy"},
    "partners.tasks.send_webhooks_task": {"queue": "heavy"},
    "partners.tasks.purge_webhook_deliveries_task": {"queue": "heavy"},
    "subsidies.tasks.compare_books_task": {"queue": "heavy"},
    "subsidies.tasks.continue_simulations_task": {"queue": "heavy"},
}
CELERY_TASK_CREATE_MISSING_QUEUES = False
CELERY_TASK_PUBLISH_RETRY = False
CELERY_TASK_TIME_LIMIT = 120
CELERY_TASK_SOFT_TIME_LIMIT = 90
CELERY_TASK_ALWAYS_EAGER = False
CELERY_TASK_SERIALIZER = CELERY_RESULT_SERIALIZER = "json"
CELERY_ACCEPT_CONTENT = ["json"]
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_WORKER_DISABLE_PREFETCH = True
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_WORKER_SEND_TASK_EVENTS = False
CELERY_WORKER_CANCEL_LONG_RUNNING_TASKS_ON_CONNECTION_LOSS = True
CELERY_WORKER_SOFT_SHUTDOWN_TIMEOUT = 20
CELERY_WORKER_ENABLE_SOFT_SHUTDOWN_ON_IDLE = False
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_BROKER_CONNECTION_MAX_RETRIES = None
CELERY_BROKER_TRANSPORT_OPTIONS = {
    "visibility_timeout": 300,
    "unacked_restore_interval": 10,
    "unacked_restore_throttle": 1,
    "unacked_mutex_expire": 30,
    "socket_timeout": 10,
    "socket_connect_timeout": 5,
    "socket_keepalive": True,
    "health_check_interval": 10,
    "max_retries": 1,
}
CELERY_BEAT_SCHEDULE_FILENAME = env.str("BEAT_SCHEDULE_FILE", default="celerybeat-schedule")
CELERY_BEAT_MAX_LOOP_INTERVAL = 30
CELERY_BEAT_SCHEDULER = "chongqing_dte.foundation.beat:ClockProofScheduler"
CELERY_BEAT_SCHEDULE = schedule.beat_schedule(SWEEP_SECONDS)
NUDGES = schedule.NUDGES

# Who knows which certificates somebody holds: an app above the one that asks.
CERTIFICATE_HOLDERS = "assessment.queries.certificate_holders"

# ── The bank: files go out to one folder and come back in another, unless something else makes the channel ───
BANK_CHANNEL = env.str("BANK_CHANNEL", default="subsidies.bank.channel.from_settings")
BANK_OUTBOX = Path(env.str("BANK_OUTBOX", default=str(BASE_DIR / "var/bank/outbox")))
BANK_INBOX = Path(env.str("BANK_INBOX", default=str(BASE_DIR / "var/bank/inbox")))
# A bank with a server of its own; without a host there is none. The host's key as in known_hosts: "ssh-ed25519 AAAA…".
BANK_SFTP = {
    "host": env.str("BANK_SFTP_HOST", default=""),
    "port": env.int("BANK_SFTP_PORT", default=22),
    "user": env.str("BANK_SFTP_USER", default=""),
    "host_key": env.str("BANK_SFTP_HOST_KEY", default=""),
    "key_file": Path(env.str("BANK_SFTP_KEY_FILE", default="/nonexistent")),
    "outbox": env.str("BANK_SFTP_OUTBOX", default="outbox"),
    "inbox": env.str("BANK_SFTP_INBOX", default="inbox"),
}

# ── Text messages: what makes the gateway, and the folder of the one that writes files ───────────────────────
SMS_GATEWAY = env.str("SMS_GATEWAY", default="subsidies.gateways.file_gateway.from_settings")
SMS_OUTBOX = Path(env.str("SMS_OUTBOX", default=str(BASE_DIR / "var/sms")))

# ── Files that are handed in: what makes the virus scanner, and where its clamd listens; empty for none ──────────
VIRUS_SCANNER = env.str("VIRUS_SCANNER", default="subsidies.gateways.scanner.from_settings")
CLAMD_ADDRESS = env.str("CLAMD_ADDRESS", default="")

# ── E-mail to offices: "smtp+tls://user:password@host:587"; without a server the messages are written into files ──
vars().update(env.email("EMAIL_URL", default=f"filemail:///{BASE_DIR / 'var/mail'}"))
DEFAULT_FROM_EMAIL = env.str("EMAIL_FROM", default="portal@localhost")

# ── The registers that know what makes a person eligible; what has no address is not connected ────────────
REGISTERS = register_connections(env)

# ── Keys. "1:<64 hex digits>,2:…": the highest version encrypts, all of them decrypt ─────────────────────────────
FIELD_KEYS = env.str("FIELD_KEYS", default="")
HASH_KEY = env.str("HASH_KEY", default="")
BANK_REFERENCE_KEY = env.str("BANK_REFERENCE_KEY", default="")
# Ed25519 seeds, written in the same way: the highest version signs credentials.
CREDENTIAL_KEYS = env.str("CREDENTIAL_KEYS", default="")
# Where the portal stands for everybody outside, with no slash at its end: the issuer that credentials name.
PORTAL_ORIGIN = env.str("PORTAL_ORIGIN", default="")

# ── People ───────────────────────────────────────────────────────────────────────────────────────────────
AUTH_USER_MODEL = "institutions.User"
LOGIN_URL = "login"
LOGIN_REDIRECT_URL = "desk"
LOGOUT_REDIRECT_URL = "home"
PASSWORD_HASHERS = [
    "django.contrib.auth.hashers.Argon2PasswordHasher",
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 12}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.NumericPasswordValidator"},
]
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_AGE = 8 * 60 * 60
SESSION_COOKIE_SAMESITE = CSRF_COOKIE_SAMESITE = "Lax"

# ── Limits: how many tries in how many seconds, for one address ────────────────────────────────────────────
# How many proxies of our own stand in front, each of which appends to X-Forwarded-For. None: that line is ignored.
TRUSTED_PROXY_COUNT = env.int("TRUSTED_PROXY_COUNT", default=0)
VERIFICATION_LIMITS = [
    (env.int("VERIFICATIONS_PER_MINUTE", default=20), 60),
    (env.int("VERIFICATIONS_PER_HOUR", default=200), 60 * 60),
]
# Self-checks of one address, behind which a whole college may sit, and of one certificate from one address.
SELF_CHECK_LIMITS = [
    (env.int("SELF_CHECKS_PER_TEN_MINUTES", default=60), 10 * 60),
    (env.int("SELF_CHECKS_PER_DAY", default=600), 24 * 60 * 60),
]
SELF_CHECK_CERTIFICATE_LIMITS = [(5, 10 * 60), (20, 24 * 60 * 60)]
# Of one certificate from anywhere. Beyond these everybody waits a little, and nobody is locked out: its number is no
# secret, and its holder is among those who ask.
SELF_CHECK_NUMBER_LIMITS = [(30, 10 * 60)]
# Objections of the public: for one address, and for one line of a notice, whoever sends them.
OBJECTION_LIMITS = [
    (env.int("OBJECTIONS_PER_TEN_MINUTES", default=5), 10 * 60),
    (env.int("OBJECTIONS_PER_DAY", default=20), 24 * 60 * 60),
]
OBJECTION_LINE_LIMITS = [(env.int("OBJECTIONS_TO_ONE_LINE_PER_HOUR", default=20), 60 * 60)]
# Published lists as files, and what their lists are searched for.
NOTICE_LIMITS = [(env.int("NOTICE_REQUESTS_PER_MINUTE", default=60), 60)]
# For one address and one user name.
SIGN_IN_LIMITS = [(env.int("SIGN_INS_PER_FIVE_MINUTES", default=10), 5 * 60)]

# ── Numbers that may be some seconds old ──────────────────────────────────────────────────────────────────
# How much waits for somebody stands in the head of every page, and counting it costs a third of a page.
DESK_NUMBER_SECONDS = 10

# ── Languages: Chinese first ─────────────────────────────────────────────────────────────────────────────
LANGUAGE_CODE = "zh-hans"
LANGUAGES = [("zh-hans", "简体中文"), ("en", "English")]
LOCALE_PATHS = [BASE_DIR / "locale"]
USE_I18N = True
TIME_ZONE = "Asia/Shanghai"
USE_TZ = True

# ── Files ────────────────────────────────────────────────────────────────────────────────────────────────
STATIC_URL = "static/"
STATIC_ROOT = BASE_DIR / "staticfiles"
STATICFILES_DIRS = [BASE_DIR / "static"]
# One uploaded file; the reader refuses more than this with a sentence of its own.
ROSTER_MAX_BYTES = 20 * 1024 * 1024
DATA_UPLOAD_MAX_MEMORY_SIZE = 2 * 1024 * 1024

# ── Headers ──────────────────────────────────────────────────────────────────────────────────────────────
X_FRAME_OPTIONS = "DENY"
SECURE_REFERRER_POLICY = "same-origin"
CONTENT_SECURITY_POLICY = {
    # The admin's theme needs Alpine, which needs eval; chongqing_dte.urls relaxes the policy there and only there.
    "EXCLUDE_URL_PREFIXES": ["/admin/"],
    "DIRECTIVES": {
        "default-src": ["'self'"],
        "img-src": ["'self'", "data:"],
        "object-src": ["'none'"],
        "base-uri": ["'none'"],
        "form-action": ["'self'"],
        "frame-ancestors": ["'none'"],
    },
}

# ── Partners' systems: OAuth 2 clients, by client credentials alone ───────────────────────────────────────
OAUTH2_PROVIDER_APPLICATION_MODEL = "partners.PartnerClient"
OAUTH2_PROVIDER = {
    "ACCESS_TOKEN_EXPIRE_SECONDS": 15 * 60,
    "SCOPES_BACKEND_CLASS": "partners.rest.oauth.ClientScopes",
    # A token is stored as its checksum only, and comes by the Authorization header only.
    "COMPLIANT_BCP_RFC9700_TOKEN_STORAGE": True,
    "COMPLIANT_BCP_RFC9700_ACCESS_TOKEN_TRANSPORT": True,
    # Grants that are routed nowhere, refused all the same.
    "COMPLIANT_BCP_RFC9700_IMPLICIT_GRANT": True,
    "COMPLIANT_BCP_RFC9700_PASSWORD_GRANT": True,
    "COMPLIANT_BCP_RFC9700_PKCE_METHOD": True,
    "COMPLIANT_BCP_RFC9700_AUTHZ_RESPONSE_ISS": True,
    "REFRESH_TOKEN_REUSE_PROTECTION": True,
    "ALLOWED_REDIRECT_URI_SCHEMES": ["https"],
}
# The header in which the proxy says the SHA-256 of the certificate that it checked. The proxy must drop that header
# from what it is sent. Empty: no certificates, and a client that must show one is refused.
PARTNER_CERTIFICATE_HEADER = env.str("PARTNER_CERTIFICATE_HEADER", default="")
# Asking for a token, of one address and one client, and of one address.
TOKEN_LIMITS = [(env.int("TOKENS_PER_FIVE_MINUTES", default=30), 5 * 60)]
TOKEN_ADDRESS_LIMITS = [(env.int("TOKENS_OF_AN_ADDRESS_PER_FIVE_MINUTES", default=300), 5 * 60)]
# How long each request stands in the log of requests: half a year, or longer.
API_ACCESS_KEPT_DAYS = env.int("API_ACCESS_KEPT_DAYS", default=190)

# Names with ports that webhooks may be sent to though they lead to this machine, and who vouches for them. For
# development and tests alone: nothing of the environment fills them here.
WEBHOOK_LOCAL_RECEIVERS: list[str] = []
WEBHOOK_LOCAL_CA_FILE = ""

# ── API ──────────────────────────────────────────────────────────────────────────────────────────────────
REST_FRAMEWORK = {
    "EXCEPTION_HANDLER": "chongqing_dte.foundation.api.handle_exception",
    "DEFAULT_AUTHENTICATION_CLASSES": ["rest_framework.authentication.SessionAuthentication"],
    "DEFAULT_PERMISSION_CLASSES": ["rest_framework.permissions.IsAuthenticated"],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["chongqing_dte.foundation.api_bodies.BoundedJsonParser"],
}
# Requests a minute from one address to what the partner API shows everybody.
PUBLIC_API_PER_MINUTE = env.int("PUBLIC_API_PER_MINUTE", default=120)
SPECTACULAR_SETTINGS = {
    "OAS_VERSION": "3.1.0",
    # The date of the version stands for itself.
    "VERSION": "",
    "PREPROCESSING_HOOKS": ["partners.rest.document.partner_endpoints"],
    "POSTPROCESSING_HOOKS": ["partners.rest.document.complete"],
    "DISABLE_DOCSTRING_DESCRIPTIONS": True,
    "ENUM_GENERATE_CHOICE_DESCRIPTION": False,
    "ENABLE_DJANGO_DEPLOY_CHECK": False,
    "SCHEMA_PATH_PREFIX": "/api/v1",
}

# ── Logs: one JSON line an event, with the request's id and no personal data ──────────────────────────────
LOGGING_CONFIG = "chongqing_dte.foundation.logs.configure_logging"
LOGGING = {"level": env.str("LOG_LEVEL", default="INFO")}

# ── The bureau's admin ───────────────────────────────────────────────────────────────────────────────────
UNFOLD = {
    "SITE_TITLE": _("Digital Technology Engineer Programme"),
    "SITE_HEADER": _("Digital Technology Engineer Programme"),
    "SITE_SUBHEADER": _("Chongqing municipal bureau"),
    "SITE_URL": "/",
    "SHOW_HISTORY": False,
    "SHOW_VIEW_ON_SITE": False,
    "SHOW_LANGUAGES": True,
    "SHOW_BACK_BUTTON": True,
    "BORDER_RADIUS": "6px",
    "SITE_ICON": lambda _request: static("emblem.svg"),
    "SITE_FAVICONS": [
        {"rel": "icon", "type": "image/svg+xml", "href": lambda _request: static("favicon.svg")},
    ],
    # The portal's own river color, so that both look like one product.
    "COLORS": {
        "primary": {
            "50": "#eef6f6",
            "100": "#e4f0f0",
            "200": "#c3dcde",
            "300": "#93c1c5",
            "400": "#4f979e",
            "500": "#1f7781",
            "600": "#0f6570",
            "700": "#0a4f59",
            "800": "#0b3a43",
            "900": "#082c33",
            "950": "#051d22",
        },
    },
}
