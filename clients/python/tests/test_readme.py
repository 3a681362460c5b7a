"""The README's calls: those at its beginning as a user copies them, with the package installed as a user does."""

import ast
import os
import re
import shutil
import subprocess
import sys
import threading
import unittest
from pathlib import Path

from support import SidecarCase

from cloakroom import Room

HERE = Path(__file__).parents[1]
BLOCKS = re.findall(
    r"^```python\n(.*?)^```$", (HERE / "README.md").read_text("utf-8"), re.DOTALL | re.MULTILINE
)


class Installed(SidecarCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.addClassCleanup(shutil.rmtree, cls.folder, ignore_errors=True)
        source = f"{cls.folder}/source"
        # To build writes beside the sources.
        for name in ("src", "README.md", "pyproject.toml"):
            copy = shutil.copytree if name == "src" else shutil.copy
            os.makedirs(source, exist_ok=True)
            copy(HERE / name, f"{source}/{name}")
        cls.environment = {k: v for k, v in os.environ.items() if not k.startswith(("PYTHON", "CLOAKROOM"))}
        cls.environment["CLOAKROOM_SOCKET"] = cls.sidecar.path
        cls.python = f"{cls.folder}/env/bin/python"
        cls.run_program([sys.executable, "-m", "venv", f"{cls.folder}/env"])
        pip = [cls.python, "-m", "pip", "--quiet", "--disable-pip-version-check", "--retries", "5"]
        try:
            cls.run_program([*pip, "install", source])
        except BaseException:
            cls.tearDownClass()
            raise

    @classmethod
    def run_program(cls, command, text=None):
        done = subprocess.run(
            command, input=text, capture_output=True, text=True, cwd=cls.folder, env=cls.environment
        )
        if done.returncode:
            raise AssertionError(f"{command}: {done.stdout}{done.stderr}")
        return done.stdout

    def test_what_stands_there_as_a_program_prints_what_it_says(self):
        programs = [block for block in BLOCKS if block.rstrip().splitlines()[-1].startswith("# ")]
        self.assertEqual(len(programs), 2)
        for program in programs:
            lines = program.rstrip().splitlines()
            said = len(lines)
            while lines[said - 1].startswith("# "):
                said -= 1
            expected = "".join(line[2:] + "\n" for line in lines[said:])
            self.assertEqual(self.run_program([self.python, "-"], program), expected)

    def test_all_modules_and_the_mark_that_it_is_typed_are_there(self):
        listed = self.run_program([self.python, "-m", "pip", "show", "--files", "cloakroom"])
        for path in (HERE / "src" / "cloakroom").rglob("*"):
            if path.suffix in (".py", ".typed"):
                self.assertIn(f"  {path.relative_to(HERE / 'src')}\n", listed)
        self.assertIn("Requires: \n", listed)


class Done(Exception):
    """Ends what would go on for ever."""


class Comforts(SidecarCase):
    def test_what_takes_several_calls_does_as_it_says(self):
        (block,) = (block for block in BLOCKS if "room.claim(" in block)
        room = Room(self.sidecar.path)
        self.addCleanup(room.close)
        done = []

        def note(*what, **named):
            done.append((*what, *named))

        def bill(data):
            note("bill", data)
            raise Done

        def show(event):
            note("event", event.data)
            raise Done

        names = {
            "room": room,
            "token": room.pending.create(operation_type="quote", data={"price": 7}, backend="store")["token"],
            "write_report": lambda fence: note("report", fence > 0),
            "query_orders": lambda customer: note("orders", customer),
            "handle": lambda event: note("handle"),
            "insert": lambda data, key: note("insert", data, key is not None),
            "event": None,
            "bill": bill,
            "print": show,
        }
        room.streams.append("orders", {"order": 17})
        listens = threading.Event()
        subscribe = room.events.subscribe

        def subscribe_and_tell(**given):
            subscription = subscribe(**given)
            listens.set()
            return subscription

        room.events.subscribe = subscribe_and_tell

        def publish():
            listens.wait(20)
            room.events.publish("order.paid", 8)

        publisher = threading.Thread(target=publish)
        publisher.start()
        for statement in ast.parse(block).body:
            try:
                exec(compile(ast.Module([statement], []), "README.md", "exec"), names)
            except Done:
                pass
        publisher.join()
        self.assertEqual(
            done,
            [
                ("report", True),
                ("handle",),
                ("insert", {"price": 7}, True),
                ("bill", {"order": 17}),
                ("event", 8),
            ],
        )
        names["open_orders"]("alice")
        names["open_orders"]("alice")
        self.assertEqual(done[5:], [("orders", "alice")])
        names["acme"].kv.set("mine", 1)
        self.assertFalse(room.kv.exists("mine"))


if __name__ == "__main__":
    unittest.main()
