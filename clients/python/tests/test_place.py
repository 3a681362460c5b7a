"""The search for the sidecar's socket."""

import os
import shutil
import tempfile
import unittest
from unittest import mock

from cloakroom import Room, _place, errors


class Places(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.mkdtemp(prefix="cloakroom-py-")
        self.addCleanup(shutil.rmtree, self.folder)
        self.system = f"{self.folder}/run/cloakroom.sock"
        self.private = f"{self.folder}/cloakroom-{os.getuid()}"
        for name, value in (("SYSTEM", self.system), ("PRIVATE", f"{self.folder}/cloakroom-{{uid}}")):
            change = mock.patch.object(_place, name, value)
            change.start()
            self.addCleanup(change.stop)

    def make(self, path):
        os.makedirs(os.path.dirname(path), mode=0o700, exist_ok=True)
        open(path, "w").close()
        return path

    def found(self, **variables):
        return _place.socket_path(None, variables)

    def test_what_is_given_comes_first_whether_it_is_there_or_not(self):
        self.make(self.system)
        self.assertEqual(_place.socket_path("given", {"CLOAKROOM_SOCKET": "told"}), "given")
        self.assertEqual(self.found(CLOAKROOM_SOCKET="told"), "told")

    def test_then_the_users_runtime_folder_if_the_socket_is_there(self):
        self.make(self.system)
        runtime = f"{self.folder}/user"
        self.assertEqual(self.found(XDG_RUNTIME_DIR=runtime, CLOAKROOM_SOCKET=""), self.system)
        mine = self.make(f"{runtime}/cloakroom.sock")
        self.assertEqual(self.found(XDG_RUNTIME_DIR=runtime), mine)

    def test_a_runtime_folder_must_be_absolute(self):
        runtime = f"{self.folder}/user"
        self.make(f"{runtime}/cloakroom.sock")
        with mock.patch.object(_place.os.path, "exists", lambda path: not path.startswith("/")):
            self.assertEqual(self.found(XDG_RUNTIME_DIR="user"), f"{self.private}/cloakroom.sock")

    def test_then_the_systems_socket_if_it_is_there(self):
        self.make(self.system)
        self.make(f"{self.private}/cloakroom.sock")
        self.assertEqual(self.found(), self.system)

    def test_a_units_own_runtime_folder_is_never_looked_at(self):
        own = self.make(f"{self.folder}/app/cloakroom.sock")
        self.assertEqual(self.found(RUNTIME_DIRECTORY=os.path.dirname(own)), f"{self.private}/cloakroom.sock")

    def test_at_last_the_users_folder_also_before_it_is_there(self):
        expected = f"{self.private}/cloakroom.sock"
        self.assertEqual(self.found(), expected)
        self.assertEqual(self.found(), self.make(expected))

    def test_a_folder_that_others_can_write_to_is_refused(self):
        os.mkdir(self.private)
        for mode in (0o720, 0o702, 0o777, 0o1777):
            os.chmod(self.private, mode)
            with self.assertRaisesRegex(errors.Unavailable, "not a folder of this user's alone"):
                self.found()
        os.chmod(self.private, 0o755)
        self.assertEqual(self.found(), f"{self.private}/cloakroom.sock")

    def test_a_folder_of_another_user_is_refused(self):
        os.mkdir(self.private, 0o700)
        facts = os.lstat(self.private)
        others = os.stat_result([*facts[:4], facts.st_uid + 1, *facts[5:10]])
        with mock.patch.object(_place.os, "lstat", lambda _: others), self.assertRaises(errors.Unavailable):
            self.found()

    def test_a_link_or_a_file_in_the_folders_place_is_refused(self):
        os.mkdir(f"{self.folder}/elsewhere", 0o700)
        os.symlink(f"{self.folder}/elsewhere", self.private)
        with self.assertRaises(errors.Unavailable):
            self.found()
        os.unlink(self.private)
        self.make(self.private)
        with self.assertRaises(errors.Unavailable):
            self.found()

    def test_a_room_looks_when_it_connects(self):
        os.mkdir(self.private, 0o777)
        os.chmod(self.private, 0o777)
        with mock.patch.dict(os.environ, clear=True), Room(timeout=0.2) as room:
            with self.assertRaisesRegex(errors.Unavailable, "not a folder"):
                room.system.ping()


class RealPlaces(unittest.TestCase):
    def test_are_those_that_every_client_has(self):
        self.assertEqual(_place.SYSTEM, "/run/cloakroom/cloakroom.sock")
        self.assertEqual(_place.PRIVATE, "/tmp/cloakroom-{uid}")


if __name__ == "__main__":
    unittest.main()
