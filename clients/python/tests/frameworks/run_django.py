"""Runs Django's own cases of caches and sessions on this client's backends: `run_django.py DJANGO_SOURCE memory|redis`.

The source is what `pip download --no-deps --no-binary Django Django==VERSION` gets, unpacked; its version is the
installed one's.
"""

import os
import shutil
import sys
import tempfile
import unittest

HERE = os.path.dirname(os.path.abspath(__file__))
SOURCE, STORE = sys.argv[1:3]
sys.path[:0] = [f"{SOURCE}/tests", os.path.dirname(HERE)]

import django  # noqa: E402
from django.conf import settings  # noqa: E402
from django.test.utils import get_runner  # noqa: E402
from support import Sidecar  # noqa: E402

folder = tempfile.mkdtemp(prefix="cloakroom-django-")
sidecar = Sidecar(folder, STORE).start()
backend = {"BACKEND": "cloakroom.django.CloakroomCache", "LOCATION": sidecar.path}
settings.configure(
    SECRET_KEY="a key of the tests alone",
    ALLOWED_HOSTS=["testserver"],
    DATABASES={
        "default": {"ENGINE": "django.db.backends.sqlite3", "NAME": ":memory:"},
        "other": {"ENGINE": "django.db.backends.sqlite3", "NAME": ":memory:"},
    },
    INSTALLED_APPS=[
        "django.contrib.auth",
        "django.contrib.contenttypes",
        "django.contrib.sessions",
        "cache",
        "sessions_tests",
    ],
    CACHES={"default": backend},
    CLOAKROOM_SESSIONS={"path": sidecar.path},
    SESSION_ENGINE="cloakroom.django.sessions",
    ROOT_URLCONF="cache_urls",
    USE_TZ=False,
    DEFAULT_AUTO_FIELD="django.db.models.AutoField",
    SITE_ID=1,
)
sys.modules["cache_urls"] = type(sys)("cache_urls")
sys.modules["cache_urls"].urlpatterns = []
django.setup()

import cases_django  # noqa: E402

try:
    runner = get_runner(settings)(verbosity=1, interactive=False)
    old = runner.setup_databases(aliases={"default": False, "other": False})
    suite = unittest.defaultTestLoader.loadTestsFromModule(cases_django)
    print(f"Django {django.get_version()}, {STORE}: {suite.countTestCases()} cases")
    outcome = unittest.TextTestRunner(verbosity=int(os.environ.get("VERBOSE", "1"))).run(suite)
    runner.teardown_databases(old)
finally:
    sidecar.end()
    shutil.rmtree(folder, ignore_errors=True)
sys.exit(not outcome.wasSuccessful())
