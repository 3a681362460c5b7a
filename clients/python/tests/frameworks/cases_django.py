"""Django's own cases, and those of what it leaves open."""

import asyncio
import threading
import time

from cache import tests as cache_tests
from django.conf import settings
from django.contrib.sessions.backends.base import UpdateError
from django.core.cache import cache, caches
from django.test import SimpleTestCase, TestCase, override_settings
from sessions_tests import tests as session_tests

from cloakroom.django.cache import MAX_VALUE_BYTES, CloakroomCache
from cloakroom.django.sessions import SessionStore
from cloakroom.errors import TooLarge

CACHES = cache_tests.caches_setting_for_tests(exclude={"cull", "zero_cull"}, **settings.CACHES["default"])


@override_settings(CACHES=CACHES)
class DjangosCacheCases(cache_tests.BaseCacheTests, TestCase):
    # These two are about backends that throw values away above MAX_ENTRIES.
    test_cull = None
    test_zero_cull = None
    test_cull_delete_when_store_empty = None


class DjangosSessionCases(session_tests.SessionTestsMixin, SimpleTestCase):
    backend = SessionStore


def in_threads(count, work):
    threads = [threading.Thread(target=work, args=(number,)) for number in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


@override_settings(CACHES=CACHES)
class CacheCases(SimpleTestCase):
    def setUp(self):
        cache.clear()

    def test_increments_of_many_threads_are_all_counted_and_keep_the_life(self):
        cache.set("count", 0, 1000)
        in_threads(10, lambda _: [caches["default"].incr("count") for _ in range(20)])
        self.assertEqual(cache.get("count"), 200)
        name = cache._name(cache._key("count", None), cache._now())
        self.assertLess(cache._room.kv.get(name, with_meta=True)["ttlMs"], 1_000_001)

    def test_increments_of_many_tasks_are_all_counted(self):
        cache.set("tasks", 0)

        async def count():
            await asyncio.gather(*(cache.aincr("tasks") for _ in range(50)))

        asyncio.run(count())
        self.assertEqual(cache.get("tasks"), 50)

    def test_of_many_callers_one_adds(self):
        added = []
        in_threads(20, lambda number: added.append(caches["default"].add("once", number)))
        self.assertEqual(sum(added), 1)

    def test_a_missing_value_is_made_once(self):
        made, got = [], []

        def make():
            made.append(1)
            time.sleep(0.2)
            return "value"

        in_threads(20, lambda _: got.append(caches["default"].get_or_set("slow", make)))
        self.assertEqual((len(made), set(got), len(got)), (1, {"value"}, 20))

    def test_who_fails_to_make_a_value_leaves_it_to_the_next(self):
        with self.assertRaises(ZeroDivisionError):
            cache.get_or_set("fails", lambda: 1 // 0)
        begin = time.monotonic()
        self.assertEqual(cache.get_or_set("fails", lambda: 7), 7)
        self.assertLess(time.monotonic() - begin, 2)

    def test_what_another_process_has_cleared_is_gone_and_what_it_sets_after_is_there(self):
        # Two backends of one thread stand for two processes: each knows its own generation.
        other = CloakroomCache(CACHES["default"]["LOCATION"], {})
        cache.set("a", 1)
        self.assertEqual(other.get("a"), 1)
        cache.clear()
        self.assertIsNone(other.get("a"))
        other.set("a", 2)
        self.assertEqual(cache.get("a"), 2)

    def test_a_clear_reaches_its_own_prefix_alone(self):
        caches["prefix"].set("kept", 1)
        cache.clear()
        self.assertEqual(caches["prefix"].get("kept"), 1)
        caches["prefix"].clear()
        self.assertIsNone(caches["prefix"].get("kept"))

    def test_more_than_a_batch_and_more_than_a_frame_is_written_and_read(self):
        many = {f"many{number}": "x" * 5000 for number in range(2500)}
        self.assertEqual(cache.set_many(many), [])
        self.assertEqual(cache.get_many(many), many)
        cache.delete_many(many)
        self.assertEqual(cache.get_many(many), {})

    def test_a_value_without_a_timeout_lives_for_ten_years(self):
        cache.set("for-ever", "x", None)
        name = cache._name(cache._key("for-ever", None), cache._now())
        self.assertGreater(cache._room.kv.get(name, with_meta=True)["ttlMs"], 9.9 * 365 * 86_400_000)

    def test_a_value_that_is_too_large_is_refused_at_once_and_nothing_of_it_written(self):
        cache.set("large", 1)
        with self.assertRaises(TooLarge):
            cache.set("large", "x" * (MAX_VALUE_BYTES + 1))
        with self.assertRaises(TooLarge):
            cache.set_many({"small": 1, "large": "x" * (MAX_VALUE_BYTES + 1)})
        self.assertEqual(cache.get_many(["small", "large"]), {"large": 1})
        cache.set("large", b"x" * (MAX_VALUE_BYTES - 100))
        self.assertEqual(len(cache.get("large")), MAX_VALUE_BYTES - 100)

    def test_an_option_that_there_is_not_is_named(self):
        with self.assertRaisesMessage(TypeError, "there is no option 'sokcet'"):
            CloakroomCache("", {"OPTIONS": {"sokcet": 1}})


class SessionCases(SimpleTestCase):
    def test_a_late_save_does_not_bring_back_who_has_logged_out(self):
        session = SessionStore()
        session["user"] = 17
        session.create()
        late = SessionStore(session.session_key)
        late["seen"] = 1
        session.flush()
        with self.assertRaises(UpdateError):
            late.save()
        self.assertFalse(session.exists(late.session_key))

    def test_a_new_key_at_login_takes_the_data_along_and_ends_the_old_one(self):
        session = SessionStore()
        session["cart"] = [1]
        session.save()
        old = session.session_key
        session.cycle_key()
        self.assertNotEqual(session.session_key, old)
        self.assertFalse(session.exists(old))
        self.assertEqual(SessionStore(session.session_key)["cart"], [1])

    def test_the_store_ends_a_session(self):
        session = SessionStore()
        session.set_expiry(60)
        session.create()
        found = session._room.kv.get(session._name(session.session_key), with_meta=True)
        self.assertTrue(59_000 < found["ttlMs"] <= 60_000)
        session.set_expiry(-1)
        session.save()
        self.assertFalse(session.exists(session.session_key))

    def test_neither_key_nor_data_stand_in_the_stores_key(self):
        session = SessionStore()
        session.create()
        self.assertNotIn(session.session_key, session._name(session.session_key))
