"""Flask's sessions, with real sidecars."""

import os
import sys
import unittest

import flask

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))

from support import SidecarCase  # noqa: E402

from cloakroom import Room  # noqa: E402
from cloakroom.flask import CloakroomSessions  # noqa: E402


class InMemory(SidecarCase):
    def setUp(self):
        self.room = Room(self.sidecar.path)
        self.addCleanup(self.room.close)
        app = self.app = flask.Flask("shop")
        app.session_interface = CloakroomSessions(self.room)
        self.meanwhile = lambda: None

        @app.get("/login/<user>")
        def login(user):
            flask.session.regenerate()
            flask.session["user"] = user
            flask.session.permanent = "permanent" in flask.request.args
            return "in"

        @app.get("/who")
        def who():
            return str(flask.session.get("user"))

        @app.get("/late")
        def late():
            flask.session["seen"] = 1
            self.meanwhile()
            return "late"

        @app.get("/logout")
        def logout():
            flask.session.clear()
            return "out"

        @app.get("/static-page")
        def page():
            return "page"

        self.client = app.test_client()

    def sid(self):
        cookie = self.client.get_cookie("session")
        return cookie and cookie.value

    def test_a_browsers_and_a_permanent_session(self):
        answer = self.client.get("/login/alice")
        self.assertNotIn("Expires", answer.headers["Set-Cookie"])
        self.assertIn("HttpOnly", answer.headers["Set-Cookie"])
        self.assertEqual(answer.headers["Vary"], "Cookie")
        self.assertEqual(self.client.get("/who").text, "alice")
        self.assertIn("Expires", self.client.get("/login/alice?permanent").headers["Set-Cookie"])

    def test_the_cookies_flags_are_flasks_configuration(self):
        self.app.config.update(SESSION_COOKIE_SECURE=True, SESSION_COOKIE_SAMESITE="Strict")
        cookie = self.client.get("/login/alice").headers["Set-Cookie"]
        self.assertIn("Secure", cookie)
        self.assertIn("SameSite=Strict", cookie)

    def test_who_only_reads_varies_by_cookie_and_sets_none_and_who_does_neither_does_not(self):
        self.client.get("/login/alice")
        answer = self.client.get("/who")
        self.assertEqual((answer.headers.get("Vary"), answer.headers.get("Set-Cookie")), ("Cookie", None))
        self.assertIsNone(self.client.get("/static-page").headers.get("Vary"))

    def test_a_login_has_a_new_id_and_the_old_one_opens_nothing(self):
        self.client.get("/login/alice")
        old = self.sid()
        self.client.get("/login/bob")
        self.assertNotEqual(self.sid(), old)
        other = self.app.test_client()
        other.set_cookie("session", old)
        self.assertEqual(other.get("/who").text, "None")

    def test_an_id_that_was_not_given_is_not_taken(self):
        self.client.set_cookie("session", "mine")
        self.client.get("/late")
        self.assertNotEqual(self.sid(), "mine")

    def test_a_late_save_does_not_bring_back_who_has_logged_out(self):
        self.client.get("/login/alice")
        sid = self.sid()
        other = self.app.test_client()
        other.set_cookie("session", sid)
        self.meanwhile = lambda: other.get("/logout")
        self.client.get("/late")
        self.assertFalse(self.room.kv.exists(CloakroomSessions._name(sid)))


class OnRedis(InMemory):
    store = "redis"


if __name__ == "__main__":
    unittest.main()
