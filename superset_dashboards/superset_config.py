"""Superset's settings for Tilik: what a city's own host would set, and what one laptop needs.

Superset imports this module in an environment of its own (`requirements.txt`); it imports nothing of
Tilik's. Where things are comes from the environment, which `tilik dashboards up` fills in:

- `TILIK_DASHBOARDS_STATE`: folder of the key, the login and, unless `TILIK_DASHBOARDS_METADATA` names a
  database (Postgres in production), of Superset's own tables;
- `warehouse.json` in it: the warehouse's address and the account of each person, read anew whenever it changes;
- `TILIK_DASHBOARDS_REDIS`: where caches, counts of sign-in attempts and tasks lie that several processes share;
- `TILIK_DASHBOARDS_SMTP_HOST` and what begins like it: who sends reports. With both, reports are on.
"""

from __future__ import annotations

import base64
import json
import os
from datetime import timedelta
from functools import lru_cache
from pathlib import Path
from typing import Any

from celery.schedules import crontab
from flask import Blueprint, Response, current_app, request
from sqlalchemy.engine import make_url
from werkzeug.exceptions import HTTPException

STATE = Path(os.environ["TILIK_DASHBOARDS_STATE"])
HERE = Path(__file__).parent

SECRET_KEY = (STATE / "secret_key").read_text().strip()
SQLALCHEMY_DATABASE_URI = os.environ.get("TILIK_DASHBOARDS_METADATA") or f"sqlite:///{STATE / 'superset.db'}"
SQLALCHEMY_ENGINE_OPTIONS = {} if "TILIK_DASHBOARDS_METADATA" in os.environ else {"connect_args": {"timeout": 30}}
REDIS = os.environ.get("TILIK_DASHBOARDS_REDIS")

# -- who is asked ------------------------------------------------------------------------------------------------------


@lru_cache(maxsize=1)
def _said(changed_ns: int) -> dict[str, Any]:
    """Return what `warehouse.json` says: `url` without a password, `account`, `password`, and those of `people`."""
    return json.loads((STATE / "warehouse.json").read_text())


def DB_CONNECTION_MUTATOR(uri, params, username, security_manager, source):
    """Fill in where the warehouse listens now, and as whom it is asked; other databases are left alone.

    For who has an account of the warehouse it is asked by that: it shows no more than this person's rows, whatever
    Superset lets through.
    """
    if uri.drivername != "clickhousedb" or uri.host != "warehouse":
        return uri, params
    said = _said((STATE / "warehouse.json").stat().st_mtime_ns)
    own = said["people"].get(username, said)
    return make_url(said["url"]).set(username=own["account"], password=own["password"]), params


# -- what people read --------------------------------------------------------------------------------------------------

APP_NAME = "Tilik"
LANGUAGES = {"id": {"flag": "id", "name": "Bahasa Indonesia"}, "en": {"flag": "us", "name": "English"}}
BABEL_DEFAULT_LOCALE = "id"
BABEL_TRANSLATION_DIRECTORIES = str(STATE / "translations")

D3_FORMAT = {"decimal": ",", "thousands": ".", "grouping": [3], "currency": ["Rp ", ""]}
D3_TIME_FORMAT = {
    "dateTime": "%A, %-d %B %Y %H.%M",
    "date": "%-d/%-m/%Y",
    "time": "%H.%M",
    "periods": ["", ""],
    "days": ["Minggu", "Senin", "Selasa", "Rabu", "Kamis", "Jumat", "Sabtu"],
    "shortDays": ["Min", "Sen", "Sel", "Rab", "Kam", "Jum", "Sab"],
    "months": [
        *("Januari", "Februari", "Maret", "April", "Mei", "Juni"),
        *("Juli", "Agustus", "September", "Oktober", "November", "Desember"),
    ],
    "shortMonths": ["Jan", "Feb", "Mar", "Apr", "Mei", "Jun", "Jul", "Agu", "Sep", "Okt", "Nov", "Des"],
}

BLUE, GREY = "#1f78b4", "#9e9e9e"
LEVELS = ["#2166ac", "#67a9cf", "#d1e5f0", "#fddbc7", "#ef8a62", "#b2182b"]
"""Levels A to F; grey is what was not watched. One colour has one meaning, and all survive colour blindness."""
EXTRA_CATEGORICAL_COLOR_SCHEMES = [
    {
        "id": "tilik",
        "label": "Tilik",
        "isDefault": True,
        "colors": ["#333333", BLUE, "#d95f02", "#1b9e77", "#6a51a3", "#8c6d31", "#67a9cf", "#a6761d"],
    },
    {"id": "tilik_levels", "label": "Tilik: A-F", "isDefault": False, "colors": LEVELS},
]
# begins beside white: a cell that is white was not watched
EXTRA_SEQUENTIAL_COLOR_SCHEMES = [
    {
        "id": "tilik_seq",
        "label": "Tilik",
        "isDiverging": False,
        "isDefault": True,
        "colors": ["#eaf3fa", "#d6e6f2", "#a6cbe3", "#67a9cf", "#2f78b3", "#124a80"],
    }
]
THEME_DEFAULT = {
    "algorithm": "default",
    "token": {
        "brandAppName": APP_NAME,
        "brandLogoAlt": APP_NAME,
        "brandLogoUrl": "/tilik/logo.svg",
        "brandLogoHref": "/dashboard/list/",
        "brandLogoHeight": "24px",
        "brandLogoMargin": "18px 0",
        "colorPrimary": BLUE,
        "colorLink": BLUE,
        "fontUrls": [],
        "fontFamily": "'Inter', 'DejaVu Sans', Helvetica, Arial, sans-serif",
    },
    "echartsOptionsOverrides": {
        "legend": {"selector": False},
        "xAxis": {"axisLabel": {"hideOverlap": True, "padding": [0, 10]}},
    },
    "echartsOptionsOverridesByChartType": {
        "heatmap_v2": {"xAxis": {"axisLabel": {"fontSize": 10, "padding": 0, "interval": 0, "hideOverlap": False}}},
    },
}
THEME_DARK = None
ENABLE_UI_THEME_ADMINISTRATION = False

# -- doors -------------------------------------------------------------------------------------------------------------

TALISMAN_ENABLED = True
TALISMAN_CONFIG = {
    "content_security_policy": {
        "base-uri": ["'self'"],
        "default-src": ["'self'"],
        "img-src": ["'self'", "blob:", "data:"],
        "worker-src": ["'self'", "blob:"],
        "connect-src": ["'self'"],
        "object-src": "'none'",
        "frame-ancestors": ["'self'"],
        "style-src": ["'self'", "'unsafe-inline'"],
        "script-src": ["'self'", "'strict-dynamic'", "'unsafe-eval'"],
    },
    "content_security_policy_nonce_in": ["script-src"],
    "force_https": False,  # TLS ends in front of it
    "session_cookie_secure": False,
}
SESSION_COOKIE_SECURE = os.environ.get("TILIK_DASHBOARDS_HTTPS") == "1"
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
PERMANENT_SESSION_LIFETIME = timedelta(hours=12)
WTF_CSRF_ENABLED = True
RATELIMIT_ENABLED = True
RATELIMIT_STORAGE_URI = REDIS or "memory://"
AUTH_RATE_LIMITED = True
AUTH_RATE_LIMIT = "10 per minute"
PUBLIC_ROLE_LIKE = None
FAB_ADD_SECURITY_API = True
HTML_SANITIZATION = True
HTML_SANITIZATION_SCHEMA_EXTENSIONS = {"attributes": {"*": ["style", "className"]}}
PREVENT_UNSAFE_DB_CONNECTIONS = True
ENABLE_PROXY_FIX = os.environ.get("TILIK_DASHBOARDS_HTTPS") == "1"

# -- what it does ------------------------------------------------------------------------------------------------------

SMTP_HOST = os.environ.get("TILIK_DASHBOARDS_SMTP_HOST")
FEATURE_FLAGS = {
    "ENABLE_TEMPLATE_PROCESSING": True,
    "DASHBOARD_RBAC": True,
    "RLS_IN_SQLLAB": True,
    "CACHE_QUERY_BY_USER": True,  # what was kept for one is no way round the warehouse's limits for another
    "DRILL_BY": True,
    "DRILL_TO_DETAIL": True,
    "ALERT_REPORTS": bool(REDIS and SMTP_HOST),
    "ESTIMATE_QUERY_COST": False,
}
ROW_LIMIT = 50_000
SQL_MAX_ROW = 100_000
SUPERSET_WEBSERVER_TIMEOUT = 60
DASHBOARD_AUTO_REFRESH_MODE = "fetch"
DASHBOARD_AUTO_REFRESH_INTERVALS = [[0, "-"], [10, "10 detik"], [30, "30 detik"], [60, "1 menit"], [300, "5 menit"]]


def _cache(prefix: str, seconds: int) -> dict[str, object]:
    if REDIS:
        return {
            "CACHE_TYPE": "RedisCache",
            "CACHE_REDIS_URL": REDIS,
            "CACHE_DEFAULT_TIMEOUT": seconds,
            "CACHE_KEY_PREFIX": f"tilik-{prefix}-",
        }
    return {
        "CACHE_TYPE": "FileSystemCache",
        "CACHE_DIR": str(STATE / "cache" / prefix),
        "CACHE_DEFAULT_TIMEOUT": seconds,
        "CACHE_THRESHOLD": 5_000,
        "CACHE_KEY_PREFIX": prefix,
    }


CACHE_CONFIG = _cache("metadata", 86_400)
DATA_CACHE_CONFIG = _cache("data", 60)
FILTER_STATE_CACHE_CONFIG = _cache("filters", 90 * 86_400)
EXPLORE_FORM_DATA_CACHE_CONFIG = _cache("explore", 7 * 86_400)

# -- reports by e-mail -------------------------------------------------------------------------------------------------


TASKS = {
    "broker_url": REDIS,
    "result_backend": REDIS,
    "imports": ("superset.sql_lab", "superset.tasks.scheduler"),
    "beat_schedule": {
        "reports.scheduler": {"task": "reports.scheduler", "schedule": crontab(minute="*", hour="*")},
        "reports.prune_log": {"task": "reports.prune_log", "schedule": crontab(minute="10", hour="0")},
    },
}
"""What Celery's worker and beat go by."""
CELERY_CONFIG = TASKS if REDIS else None
SMTP_PORT = int(os.environ.get("TILIK_DASHBOARDS_SMTP_PORT", "587"))
SMTP_USER = os.environ.get("TILIK_DASHBOARDS_SMTP_USER", "")
SMTP_PASSWORD = os.environ.get("TILIK_DASHBOARDS_SMTP_PASSWORD", "")
SMTP_MAIL_FROM = os.environ.get("TILIK_DASHBOARDS_SMTP_FROM", SMTP_USER)
SMTP_STARTTLS, SMTP_SSL, SMTP_SSL_SERVER_AUTH = True, False, True
EMAIL_REPORTS_SUBJECT_PREFIX = "[Tilik] "
WEBDRIVER_TYPE = "chrome"
WEBDRIVER_BASEURL = os.environ.get("TILIK_DASHBOARDS_INSIDE_URL", "http://127.0.0.1:8088/")
"""Where the worker's browser finds the pages."""
WEBDRIVER_BASEURL_USER_FRIENDLY = os.environ.get("TILIK_DASHBOARDS_URL", WEBDRIVER_BASEURL)
"""Where people do: links in the e-mails."""

# -- what Superset does not ship ---------------------------------------------------------------------------------------

LOGO = (
    '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 92 24" width="92" height="24"><circle cx="12" cy="12" r="9" '
    'fill="none" stroke="#1f78b4" stroke-width="3"/><circle cx="12" cy="12" r="3.5" fill="#333"/>'
    '<text x="28" y="18" font-family="DejaVu Sans,Arial,sans-serif" font-size="17" fill="#333">Tilik</text></svg>'
)
BLANK = base64.b64decode("iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAIAAACQd1PeAAAADElEQVR42mP49esXAAXgAu+mtBjSAAAAAElFTkSuQmCC")
"""A tile of one light pixel: maps have no ground but the outlines that they draw."""
MISSING = (
    '<!doctype html><html lang="id"><meta charset="utf-8"><title>Tidak ditemukan - Tilik</title><body style="'
    "font:16px/1.6 'DejaVu Sans',Arial,sans-serif;color:#333;margin:20vh auto;max-width:32em;padding:0 1em\">"
    "<h1>Halaman tidak ditemukan</h1><p>Alamatnya mungkin salah tulis, halamannya sudah pindah, atau Anda tidak berhak "
    'membukanya.</p><p><a style="color:#1f78b4" href="/dashboard/list/">Ke daftar dasbor</a></p></body></html>'
)
tilik = Blueprint("tilik", __name__)


@tilik.get("/tilik/logo.svg")
def logo() -> Response:
    """Return the mark at the top of each page."""
    return Response(LOGO, mimetype="image/svg+xml", headers={"Cache-Control": "max-age=86400"})


@tilik.get("/tilik/blank/<int:z>/<int:x>/<int:y>.png")
def blank(z: int, x: int, y: int) -> Response:
    """Return a map's ground: no tile of another host is ever asked for."""
    return Response(BLANK, mimetype="image/png", headers={"Cache-Control": "max-age=86400"})


@tilik.get("/superset/language_pack/id/")
def language_pack() -> Response:
    """Return the words of the browser's side in Indonesian: Superset has no such catalogue."""
    return Response((STATE / "translations" / "id.json").read_text(), mimetype="application/json")


@tilik.app_errorhandler(404)
def missing(error: HTTPException) -> Response:
    """Say to people that a page is not there; programs get what Superset says."""
    if request.accept_mimetypes.best_match(["application/json", "text/html"]) == "text/html":
        return Response(MISSING, 404, mimetype="text/html")
    return current_app.error_handler_spec[None][None][HTTPException](error)


BLUEPRINTS = [tilik]
