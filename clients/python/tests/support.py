"""What the tests stand on: the sidecar and the proxy of the conformance suite."""

import shutil
import sys
import tempfile
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2] / "conformance"))
from proxy import Proxy  # noqa: E402
from sidecar import Sidecar, wait_until  # noqa: E402, F401


class SidecarCase(unittest.TestCase):
    store = "memory"

    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.mkdtemp(prefix="cloakroom-py-")
        cls.sidecar = Sidecar(cls.folder, cls.store)
        try:
            cls.sidecar.start()
        except BaseException:
            cls.sidecar.end()
            raise
        cls.proxy = Proxy(f"{cls.folder}/p.sock", cls.sidecar.path)

    @classmethod
    def tearDownClass(cls):
        cls.proxy.close()
        cls.sidecar.end()
        shutil.rmtree(cls.folder, ignore_errors=True)
