"""The blocking client, against a real sidecar in memory and on Redis."""

import os
import signal
import threading
import time
import unittest
from decimal import Decimal

from support import SidecarCase

from cloakroom import Event, Gap, Room, errors


class InMemory(SidecarCase):
    def setUp(self):
        self.room = Room(self.sidecar.path)
        self.lossy = Room(self.proxy.path)
        self.addCleanup(self.room.close)
        self.addCleanup(self.lossy.close)

    def test_values_come_back_as_they_were(self):
        for number, value in enumerate(
            [9007199254740993, -(2**80), [], {}, "é\u2028", None, b"\x00\xff", [b""]]
        ):
            with self.subTest(number):
                self.room.kv.set(f"value:{number}", value)
                self.assertEqual(self.room.kv.get(f"value:{number}")["value"], value)

    def test_fractions_are_exact_when_asked_for(self):
        texts = ["1.10", "1E+400", "-0.0", "0.1234567890123456789012345678901234567890", "9007199254740993.0"]
        with Room(self.sidecar.path, parse_float=Decimal) as room:
            for text in texts:
                room.kv.set("fraction", {"price": Decimal(text)})
                self.assertEqual(str(room.kv.get("fraction")["value"]["price"]), text)

    def test_what_no_float_holds_is_never_infinite_nor_zero(self):
        for text in ("1E+400", "-1E+400", "1E-400"):
            self.room.kv.set("fraction", [Decimal(text), 1.5])
            self.assertEqual(self.room.kv.get("fraction")["value"], [Decimal(text), 1.5])

    def test_what_is_no_json_is_refused_without_its_value(self):
        for value in (
            float("nan"),
            float("inf"),
            Decimal("NaN"),
            [Decimal("-Infinity")],
            object(),
            "\ud800",
            {1, 2},
        ):
            with self.subTest(type(value).__name__), self.assertRaises(errors.InvalidParams) as raised:
                self.room.kv.set("bad", value)
            self.assertNotIn("ud800", str(raised.exception))
        self.assertFalse(self.room.kv.exists("bad"))

    def test_an_error_is_a_class_by_its_reason(self):
        self.room.kv.set("taken", 1)
        with self.assertRaises(errors.Conflict) as raised:
            self.room.kv.set("taken", 2, only_if="absent")
        self.assertEqual(raised.exception.reason, "CONFLICT")
        self.assertFalse(raised.exception.retryable)
        with self.assertRaises(errors.TtlInvalid):
            self.room.kv.set("taken", 2, ttl=0)
        with self.assertRaises(errors.MethodNotFound):
            self.room.call("no.such")

    def test_a_lost_answer_is_asked_for_again_and_done_once(self):
        self.proxy.lose(2)
        self.assertEqual(self.lossy.counter.increment("once")["value"], 1)
        self.assertEqual(self.room.counter.get("once")["value"], 1)

    def test_a_conditional_write_whose_answer_was_lost_is_no_conflict(self):
        self.proxy.lose(1)
        self.assertTrue(self.lossy.kv.set("absent", 1, only_if="absent")["ok"])

    def test_what_is_bound_to_the_connection_is_never_repeated(self):
        self.lossy.system.ping()
        before = len(self.proxy.seen)
        self.proxy.lose(1)
        with self.assertRaises(errors.OutcomeUnknown):
            self.lossy.claim.once("bound", "me", bind_to_connection=True)
        self.assertEqual(len(self.proxy.seen), before + 1)

    def test_the_end_of_a_calls_time_does_not_cost_the_connection(self):
        self.room.claim.once("held", "one")
        # On a busy machine the sidecar's word may come too late: then it is not known, and tried again.
        for _ in range(10):
            self.room.system.ping()
            connection = self.room._transport._local.connection
            with self.assertRaises((errors.DeadlineExceeded, errors.OutcomeUnknown)) as told:
                self.room.claim.once("held", "two", wait_ms=5000, timeout=0.2)
            if isinstance(told.exception, errors.DeadlineExceeded):
                break
        self.assertIsInstance(told.exception, errors.DeadlineExceeded)
        self.assertTrue(self.room.kv.set("after", 1)["ok"])
        self.assertIs(self.room._transport._local.connection, connection)

    def test_without_a_sidecar_a_call_waits_its_own_time(self):
        room = Room(f"{self.folder}/nowhere.sock", timeout=0.3)
        begin = time.monotonic()
        with self.assertRaises(errors.Unavailable):
            room.kv.get("x")
        self.assertLess(time.monotonic() - begin, 5)

    def test_each_thread_has_a_connection(self):
        def count():
            for _ in range(20):
                self.room.counter.increment("threads")

        threads = [threading.Thread(target=count) for _ in range(20)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self.assertEqual(self.room.counter.get("threads")["value"], 400)

    def test_a_forked_child_has_a_connection_of_its_own_and_holds_none_of_its_parents(self):
        self.room.claim.once("parents", "parent", ttl=60, bind_to_connection=True)
        parents = self.room._transport._local.connection
        told, tell = os.pipe()
        child = os.fork()
        if child == 0:
            try:
                self.room.system.ping()
                own = self.room._transport._local.connection is not parents
                os.write(tell, b"1" if own and parents.closed else b"0")
                time.sleep(30)  # Lives until the parent has looked.
            finally:
                os._exit(1)
        try:
            self.assertEqual(os.read(told, 1), b"1")
            self.assertEqual(self.room.system.ping(), "pong")
            # The last descriptor of the parent's socket: the claim goes though the child lives.
            parents.close()
            with Room(self.sidecar.path) as other:
                self.assertTrue(other.claim.once("parents", "other", wait_ms=3000)["claimed"])
        finally:
            os.kill(child, signal.SIGKILL)
            os.waitpid(child, 0)
            os.close(told)
            os.close(tell)

    def test_a_forked_childs_copy_of_a_claim_releases_nothing(self):
        parent = os.getpid()
        try:
            with self.room.claim("inherited", ttl=60):
                child = os.fork()
                if child:
                    os.waitpid(child, 0)
                    self.assertTrue(self.room.claim.inspect("inherited")["held"])
        finally:
            if os.getpid() != parent:
                os._exit(0)
        self.assertFalse(self.room.claim.inspect("inherited")["held"])

    def test_a_claim_outlives_its_ttl_while_it_is_held(self):
        with self.room.claim("kept", ttl="600ms") as claim:
            time.sleep(1.0)
            self.assertFalse(claim.lost)
            self.assertEqual(self.room.claim.inspect("kept")["fence"], claim.fence)
            with self.assertRaises(errors.Conflict), self.room.claim("kept"):
                self.fail("it is held")
        self.assertFalse(self.room.claim.inspect("kept")["held"])

    def test_a_lost_claim_is_told(self):
        told = threading.Event()
        with self.assertRaises(errors.ClaimNotHeld):
            with self.room.claim("stolen", ttl="600ms", on_lost=lambda _: told.set()) as claim:
                self.room.claim.release("stolen", claim.owner)
                self.assertTrue(told.wait(5))
                claim.check()

    def test_a_cached_function_is_called_once_until_its_tag_is_invalidated(self):
        calls = []

        @self.room.cached(ttl=60, tags=["squares"])
        def square(number, plus=0):
            calls.append(number)
            return number * number + plus

        self.assertEqual([square(3), square(3), square(3, plus=1)], [9, 9, 10])
        self.assertEqual(calls, [3, 3])
        self.room.cache.invalidate(tags=["squares"])
        self.assertEqual(square(3), 9)
        self.assertEqual(calls, [3, 3, 3])

    def test_guarded_work_is_done_once_and_again_after_a_failure(self):
        with self.assertRaises(ZeroDivisionError), self.room.idempotent("event"):
            raise ZeroDivisionError
        with self.room.idempotent("event") as guard:
            self.assertTrue(guard.new)
            guard.result = 17
        with self.room.idempotent("event") as guard:
            self.assertEqual((guard.new, guard.result), (False, 17))

    def test_an_operation_is_released_with_an_error_and_committed_without(self):
        token = self.room.pending.create(operation_type="quote", data={"price": 7}, backend="store")["token"]
        with self.assertRaises(ZeroDivisionError), self.room.pending.checkout(token, "quote"):
            raise ZeroDivisionError
        with self.room.pending.checkout(token, "quote") as operation:
            self.assertEqual((operation.data, operation.attempt), ({"price": 7}, 2))
            operation.result = {"id": 1}
        with self.assertRaises(errors.CloakroomError):
            self.room.pending.checkout(token, "quote")

    def test_a_group_gives_each_message_once_and_a_broken_one_again(self):
        for number in range(3):
            self.room.streams.append("jobs", number)
        with self.assertRaises(ZeroDivisionError):
            for _ in self.room.streams.group("jobs", "g", "one", count=1, forever=False):
                raise ZeroDivisionError
        rest = [m.data for m in self.room.streams.group("jobs", "g", "two", reclaim_after=0, forever=False)]
        self.assertEqual(sorted(rest), [0, 1, 2])
        self.assertEqual(self.room.streams.pending("jobs", "g")["count"], 0)

    def test_tenants_are_apart(self):
        acme = self.room.scope(org="acme")
        acme.kv.set("mine", 1)
        self.assertFalse(self.room.kv.get("mine")["found"])
        self.assertFalse(acme.scope(team="a").kv.get("mine")["found"])
        self.assertTrue(acme.kv.get("mine")["found"])

    def test_events_go_on_after_a_restart_and_the_gap_is_told(self):
        with self.room.events.subscribe(pattern="order.*") as subscription:
            self.room.events.publish("order.paid", {"order": 7})
            event = subscription.next(5)
            self.assertIsInstance(event, Event)
            self.assertEqual((event.channel, event.data), ("order.paid", {"order": 7}))
            self.sidecar.stop()
            self.sidecar.start()
            self.assertEqual(subscription.next(5), Gap("reconnected"))
            self.assertEqual(self.room.events.publish("order.sent", 8)["receivers"], 1)
            self.assertEqual(subscription.next(5).data, 8)

    def test_a_sidecar_that_comes_late_is_waited_for(self):
        self.sidecar.stop()
        timer = threading.Timer(0.3, self.sidecar.start)
        timer.start()
        self.assertEqual(self.room.system.ping(), "pong")
        timer.join()


class OnRedis(InMemory):
    store = "redis"

    def test_without_redis_tokens_that_carry_their_data_go_on(self):
        self.sidecar.stop_redis()
        try:
            with self.assertRaises(errors.Unavailable):
                self.room.kv.set("x", 1, timeout=0.5)
            token = self.room.pending.create(operation_type="r", data=[1], backend="jwt")["token"]
            self.assertEqual(self.room.pending.verify(token, "r")["data"], [1])
        finally:
            self.sidecar.start_redis()
        self.assertTrue(self.room.kv.set("back", 1)["ok"])


if __name__ == "__main__":
    unittest.main()
