"""JSON there and back, without a sidecar."""

import json
import unittest
from decimal import Decimal

from cloakroom import errors
from cloakroom._codec import Codec, ReplyTooLarge


def written(value):
    line = Codec.request(7, "kv.set", value)
    head, tail = b'{"jsonrpc":"2.0","id":7,"method":"kv.set","params":', b"}\n"
    assert line.startswith(head) and line.endswith(tail)
    return line[len(head) : -len(tail)].decode()


def read(text, **options):
    return Codec(**options).reply(b'{"jsonrpc":"2.0","id":7,"result":' + text.encode() + b"}\n")["result"]


class Written(unittest.TestCase):
    def test_a_decimal_stands_there_as_it_is(self):
        for text in ("1.10", "0", "-0", "1E+400", "1.5E-7", "123456789012345678901234567890.12", "0E-7"):
            self.assertEqual(written(Decimal(text)), text)
            self.assertEqual(written({"a": ["b", Decimal(text), 1.5]}), f'{{"a":["b",{text},1.5]}}')
            json.loads(text)

    def test_beside_a_decimal_all_else_is_as_without(self):
        value = {"é\n": [1, 2.5, None, True, 'x"y', {}, [], b"\x00", 2**70], "\u2028": "\x7f"}
        expected = written([value])[:-1]
        self.assertEqual(written([value, Decimal(1)]), f"{expected},1]")

    def test_what_is_no_json_is_refused_without_its_value(self):
        circle = []
        circle.append(circle)
        secret = "s3cret"
        for value in (
            float("nan"),
            float("-inf"),
            Decimal("NaN"),
            Decimal("sNaN"),
            Decimal("Infinity"),
            [Decimal(1), float("inf")],
            {Decimal(1): secret},
            {(1, 2): secret},
            [secret, "\ud800"],
            [secret, object()],
            {secret, Decimal(1)},
            circle,
            [Decimal(1), circle],
            10**5000,
        ):
            with self.assertRaises(errors.InvalidParams) as raised:
                written({"value": value})
            self.assertNotIn(secret, str(raised.exception))
            # The next value is not taken for a part of the one before.
            self.assertEqual(written({"value": [value is None]}), '{"value":[false]}')


class Read(unittest.TestCase):
    def test_a_fraction_is_a_float_unless_none_is_near_it(self):
        for text, value in (("1.1", 1.1), ("-0.0", 0.0), ("0e999", 0.0), ("1e308", 1e308)):
            self.assertIs(type(read(text)), float)
            self.assertEqual(read(text), value)
        for text in ("1e400", "-1E+400", "1e-400", "1" * 400 + ".5"):
            self.assertEqual(read(text), Decimal(text))

    def test_it_is_what_the_room_makes_of_it(self):
        self.assertEqual(str(read("[1.10]", parse_float=Decimal)[0]), "1.10")
        self.assertEqual(read("1.10", parse_float=str), "1.10")

    def test_an_integer_is_exact_also_with_more_digits_than_python_makes_an_int_of(self):
        self.assertEqual(read("123456789012345678901234567890"), 123456789012345678901234567890)
        for text in ("7" * 5000, "-" + "7" * 5000):
            self.assertEqual(str(read(text)), text)
            self.assertEqual(str(read(f'[{text},{{"$base64":"AA=="}}]')[0]), text)
            self.assertEqual(read(f'[{text},{{"$base64":"AA=="}}]')[1], b"\x00")
            self.assertEqual(written(read(text)), text)

    def test_what_is_no_reply_is_told_from_what_is_too_much(self):
        for line in (b"", b"[]", b"1", b"{", b'{"id":1} x', b'{"id":NaN}', b'{"id":-Infinity}', b"\xff"):
            with self.assertRaises(ValueError):
                Codec().reply(line)
        with self.assertRaises(ReplyTooLarge) as raised:
            Codec().reply(b'{"jsonrpc":"2.0","id":12,"result":' + b"[" * 200_000)
        self.assertEqual(raised.exception.number, 12)


if __name__ == "__main__":
    unittest.main()
