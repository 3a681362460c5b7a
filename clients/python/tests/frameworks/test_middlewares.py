"""The middlewares on real frameworks and servers, with real sidecars."""

import http.client
import json
import os
import secrets
import socket
import subprocess
import sys
import threading
import time
import unittest

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.dirname(HERE))

from support import SidecarCase, wait_until  # noqa: E402

from cloakroom import Room  # noqa: E402
from cloakroom._http import address_key  # noqa: E402

SOURCES = os.path.abspath(f"{HERE}/../../src")
PYTHON = [sys.executable, "-m"]


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Cases:
    """What is promised, whichever the framework and the server."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.port = free_port()
        cls.room = Room(cls.sidecar.path)
        cls.log = open(f"{cls.folder}/server.log", "wb")
        cls.server = subprocess.Popen(
            cls.command(str(cls.port)),
            cwd=HERE,
            stdout=cls.log,
            stderr=cls.log,
            env={**os.environ, "CLOAKROOM_SOCKET": cls.sidecar.path, "PYTHONPATH": SOURCES},
        )
        try:
            wait_until(cls.listens, 20)
        except AssertionError:
            cls.tearDownClass()
            raise

    @classmethod
    def listens(cls):
        try:
            socket.create_connection(("127.0.0.1", cls.port), 1).close()
        except OSError:
            return False
        return True

    @classmethod
    def tearDownClass(cls):
        cls.server.terminate()
        cls.server.wait()
        cls.log.close()
        cls.room.close()
        super().tearDownClass()

    def ask(self, method, path, body=b"", key=None, **headers):
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        try:
            sent = {name.replace("_", "-"): value for name, value in headers.items()}
            if key is not None:
                sent["Idempotency-Key"] = key
            connection.request(method, path, body, sent)
            answer = connection.getresponse()
            return answer.status, answer.headers, answer.read()
        finally:
            connection.close()

    def effects(self, name):
        return self.room.counter.get(f"effects:{name}")["value"]

    def setUp(self):
        self.name = secrets.token_hex(8)
        self.key = secrets.token_hex(8)

    def test_fifty_parallel_repeats_have_one_effect_and_one_answer(self):
        answers = []

        def post():
            while True:
                answer = self.ask("POST", f"/orders/{self.name}", b"a", self.key)
                if answer[0] != 409:
                    answers.append(answer)
                    return
                self.assertTrue(int(answer[1]["Retry-After"]) >= 1)
                time.sleep(0.2)

        threads = [threading.Thread(target=post) for _ in range(50)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self.assertEqual(self.effects(self.name), 1)
        self.assertEqual(len(answers), 50)
        self.assertEqual({(status, body) for status, _, body in answers}, {(201, answers[0][2])})
        self.assertEqual(json.loads(answers[0][2]), {"count": 1, "sent": "a"})
        for _, headers, _ in answers:
            self.assertEqual(headers["X-Order"], self.name)
            self.assertEqual(len(headers.get_all("Set-Cookie")), 2)
        self.assertEqual(sum(headers["Idempotency-Replayed"] == "true" for _, headers, _ in answers), 49)

    def test_a_request_that_is_under_way_is_409(self):
        first = threading.Thread(target=self.ask, args=("POST", f"/orders/{self.name}", b"", self.key))
        first.start()
        wait_until(lambda: self.effects(self.name) == 1)
        status, headers, body = self.ask("POST", f"/orders/{self.name}", b"", self.key)
        first.join()
        self.assertEqual((status, headers["Content-Type"]), (409, "application/problem+json"))
        self.assertEqual(json.loads(body)["status"], 409)

    def test_another_request_under_the_same_key_is_422(self):
        self.assertEqual(self.ask("POST", f"/orders/{self.name}", b"a", self.key)[0], 201)
        for path, body in (
            (f"/orders/{self.name}", b"b"),
            (f"/orders/{self.name}?x=1", b"a"),
            ("/fails/x", b"a"),
        ):
            self.assertEqual(self.ask("POST", path, body, self.key)[0], 422)
        self.assertEqual(self.effects(self.name), 1)

    def test_another_clients_key_is_another_one(self):
        self.ask("POST", f"/orders/{self.name}", b"a", self.key, Authorization="Bearer one")
        self.ask("POST", f"/orders/{self.name}", b"a", self.key, Authorization="Bearer two")
        self.assertEqual(self.effects(self.name), 2)

    def test_without_a_key_it_is_400_where_one_is_required_and_done_where_not(self):
        self.assertEqual(self.ask("POST", f"/must/{self.name}")[0], 400)
        self.assertEqual(self.effects(self.name), 0)
        self.assertEqual(self.ask("POST", f"/orders/{self.name}")[0], 201)
        self.assertEqual(self.ask("POST", f"/must/{self.name}", b"", self.key)[0], 201)

    def test_a_key_may_have_quotes_and_none_may_be_empty_or_overlong(self):
        self.ask("POST", f"/orders/{self.name}", b"", self.key)
        _, headers, _ = self.ask("POST", f"/orders/{self.name}", b"", f'"{self.key}"')
        self.assertEqual(headers["Idempotency-Replayed"], "true")
        for key in ("", '""', "x" * 256):
            self.assertEqual(self.ask("POST", f"/orders/{self.name}", b"", key)[0], 400)

    def test_a_handler_that_raises_opens_the_key_again(self):
        self.assertEqual(self.ask("POST", f"/fails/{self.name}", b"", self.key)[0], 500)
        status, headers, body = self.ask("POST", f"/fails/{self.name}", b"", self.key)
        self.assertEqual((status, body, headers["Idempotency-Replayed"]), (200, b"done", None))
        self.assertEqual(
            self.ask("POST", f"/fails/{self.name}", b"", self.key)[1]["Idempotency-Replayed"], "true"
        )
        self.assertEqual(self.effects(self.name), 2)

    def test_an_answer_that_is_too_large_to_be_kept_arrives_whole_and_is_not_made_again(self):
        status, _, body = self.ask("POST", f"/large/{self.name}", b"", self.key)
        self.assertEqual((status, len(body)), (200, 20 * 65536))
        status, _, body = self.ask("POST", f"/large/{self.name}", b"", self.key)
        self.assertEqual(status, 409)
        self.assertIn("too large", json.loads(body)["detail"])
        self.assertEqual(self.effects(self.name), 1)

    def test_a_request_that_is_too_large_is_413_and_not_done(self):
        try:
            self.assertEqual(
                self.ask("POST", f"/orders/{self.name}", b"x" * ((1 << 20) + 1), self.key)[0], 413
            )
        except (BrokenPipeError, ConnectionResetError):
            pass  # The server has answered, and closed, before all was sent.
        self.assertEqual(self.effects(self.name), 0)

    def test_work_that_takes_longer_than_the_lock_is_still_done_once(self):
        answers = []
        first = threading.Thread(
            target=lambda: answers.append(self.ask("POST", f"/slow/{self.name}", b"", self.key))
        )
        first.start()
        time.sleep(2.4)
        self.assertEqual(self.ask("POST", f"/slow/{self.name}", b"", self.key)[0], 409)
        first.join()
        self.assertEqual((answers[0][0], self.effects(self.name)), (200, 1))

    def test_who_asks_too_often_is_429_and_told_when_to_come_again(self):
        path = f"/limited/{self.name}"
        status, headers, _ = self.ask("GET", path)
        self.assertEqual((status, headers["RateLimit-Policy"]), (200, '"shop";q=3;w=60'))
        self.assertEqual(headers["RateLimit"], '"shop";r=2;t=20')
        self.assertEqual([self.ask("GET", path)[0] for _ in range(2)], [200, 200])
        status, headers, body = self.ask("GET", path)
        self.assertEqual((status, headers["RateLimit-Policy"]), (429, '"shop";q=3;w=60'))
        self.assertTrue(headers["RateLimit"].startswith('"shop";r=0;t='))
        self.assertTrue(1 <= int(headers["Retry-After"]) <= 20)
        self.assertEqual(json.loads(body)["status"], 429)
        self.assertEqual(self.ask("GET", f"{path}-other")[0], 200)

    def test_z_without_a_sidecar_nothing_is_begun_and_limits_are_refused(self):
        self.sidecar.stop()
        try:
            self.assertEqual(self.ask("GET", f"/limited/{self.name}")[0], 503)
            status, headers, _ = self.ask("POST", f"/orders/{self.name}", b"", self.key)
            self.assertEqual((status, headers["Retry-After"]), (503, "1"))
        finally:
            self.sidecar.start()


class StarletteOnUvicorn(Cases, SidecarCase):
    @staticmethod
    def command(port):
        return [*PYTHON, "uvicorn", "--factory", "apps:starlette_app", "--port", port]


class FlaskOnWaitress(Cases, SidecarCase):
    @staticmethod
    def command(port):
        return [
            *PYTHON,
            "waitress",
            "--listen",
            f"127.0.0.1:{port}",
            "--threads",
            "16",
            "--call",
            "apps:flask_app",
        ]


class DjangoOnGunicorn(Cases, SidecarCase):
    store = "redis"

    @staticmethod
    def command(port):
        return [
            *PYTHON,
            "gunicorn",
            "-w",
            "2",
            "--threads",
            "8",
            "-b",
            f"127.0.0.1:{port}",
            "apps:django_app()",
        ]


class StarletteOnRedis(StarletteOnUvicorn):
    store = "redis"


class Addresses(unittest.TestCase):
    def test_an_ipv6_network_is_one_client(self):
        for address, key in (
            ("203.0.113.7", "203.0.113.7"),
            ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
            ("::ffff:203.0.113.7", "203.0.113.7"),
            ("fe80::1%eth0", "fe80::/64"),
            (None, "unknown"),
            ("", "unknown"),
        ):
            self.assertEqual(address_key(address), key)


if __name__ == "__main__":
    unittest.main()
