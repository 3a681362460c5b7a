"""A client's program under test."""

import json
import os
import subprocess
import threading

# Ends a program that doesn't answer; longer than any call's own time.
PATIENCE = 40


class Driver:
    """Hands commands to a client's program, a line each, and takes its answers."""

    def __init__(self, command, folder):
        self.process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, encoding="utf-8", cwd=folder
        )

    def do(self, **command):
        guard = threading.Timer(PATIENCE, self.process.kill)
        guard.start()
        try:
            self.process.stdin.write(json.dumps(command) + "\n")
            self.process.stdin.flush()
            line = self.process.stdout.readline()
        except OSError:
            line = ""
        finally:
            guard.cancel()
        return json.loads(line) if line else {"error": "the program has ended, or did not answer"}

    def resources(self):
        """The process's descriptors and threads, and its memory in megabytes, as the kernel counts them."""
        place = f"/proc/{self.process.pid}"
        with open(f"{place}/status", encoding="ascii") as file:
            status = dict(line.split(":", 1) for line in file)
        return {
            "descriptors": len(os.listdir(f"{place}/fd")),
            "threads": int(status["Threads"]),
            "megabytes": int(status["VmRSS"].split()[0]) / 1024,
        }

    def end(self):
        self.process.kill()
        self.process.wait()
        self.process.stdin.close()
        self.process.stdout.close()
