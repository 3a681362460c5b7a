"""JSON there and back: numbers exact, bytes as `{"$base64": …}`, fractions as the room wants them."""

from __future__ import annotations

import base64
import binascii
import json
import json.encoder
import re
import secrets
from decimal import Decimal
from typing import Any, Callable, Dict, List, Optional, Tuple

from ._methods import EFFECTS
from .errors import InvalidParams


class _HasDecimal(Exception):
    """A value has a Decimal in it, which the encoder knows no text for."""


def encode_other(value: Any) -> Any:
    """What json's encoder asks about values that it doesn't know."""
    if isinstance(value, (bytes, bytearray, memoryview)):
        return {"$base64": base64.b64encode(value).decode("ascii")}
    if isinstance(value, Decimal):
        raise _HasDecimal
    raise TypeError(f"{type(value).__name__} is no JSON")


_STYLE: Dict[str, Any] = {"allow_nan": False, "ensure_ascii": False, "separators": (",", ":")}


def _encoder() -> Callable[[Any], str]:
    plain = json.JSONEncoder(default=encode_other, **_STYLE).encode
    make: Any = getattr(json.encoder, "c_make_encoder", None)
    if make is None:
        return plain
    # JSONEncoder.encode makes one of these for each text, which takes longer than a small text itself. Without
    # its list of containers a circle ends as a RecursionError.
    escape: Any = json.encoder.encode_basestring
    try:
        parts = make(None, encode_other, escape, None, ":", ",", False, False, False)

        def encode(value: Any) -> str:
            return "".join(parts(value, 0))

        sample = {"a": [1, 1.5, None, 'é"\n', b""], "b": {}}
        if encode(sample) == plain(sample):
            return encode
    except TypeError:
        pass
    return plain


_encode = _encoder()


def _encode_decimals(value: Any) -> str:
    """Writes Decimals as they stand: a mark in the text, which nobody can have guessed, is replaced by each."""
    mark = secrets.token_hex(16)
    numbers: List[str] = []

    def other(value: Any) -> Any:
        if not isinstance(value, Decimal):
            return encode_other(value)
        if not value.is_finite():
            raise ValueError("not a number of JSON's")
        numbers.append(str(value))
        return f"{mark}{len(numbers) - 1}"

    text = json.dumps(value, default=other, **_STYLE)
    return re.sub(f'"{mark}([0-9]+)"', lambda found: numbers[int(found[1])], text)


def _decode_object(value: Dict[str, Any]) -> Any:
    if len(value) == 1 and "$base64" in value and isinstance(value["$base64"], str):
        try:
            return base64.b64decode(value["$base64"], validate=True)
        except (binascii.Error, ValueError):
            return value
    return value


_INFINITY = float("inf")


def _fraction(text: str) -> Any:
    """A float, or a Decimal when no float is near it: 1e400 is never infinite, and 1e-400 is not zero."""
    value = float(text)
    if -_INFINITY < value < 0.0 or 0.0 < value < _INFINITY:
        return value
    exact = Decimal(text)
    return exact if exact else value


def _integer(text: str) -> Any:
    """An int, or a Decimal when it has more digits than Python makes an int of (4,300, unless told)."""
    try:
        return int(text)
    except ValueError:
        return Decimal(text)


def _no_constant(text: str) -> Any:
    raise json.JSONDecodeError("no JSON", text, 0)


_Scan = Callable[[str, int], Tuple[Any, int]]
_NUMBER = re.compile(rb'\s*{"jsonrpc":"2.0","id":([0-9]{1,18}),')
_NAMES = {method: json.dumps(method) for method in EFFECTS}


def cancel(number: int) -> bytes:
    """Takes back a request that may still wait; a notification, as nobody looks at its answer."""
    params = f'{{"id":{number}}}'
    return f'{{"jsonrpc":"2.0","method":"system.cancel","params":{params}}}\n'.encode()


class ReplyTooLarge(Exception):
    """A reply that the client can't take in, and the number of its call where that can be told."""

    def __init__(self, number: Optional[int], why: str) -> None:
        super().__init__(why)
        self.number = number


class Codec:
    """Requests to bytes, and replies from them."""

    def __init__(self, parse_float: Optional[Callable[[str], Any]] = None) -> None:
        self._parse_float = parse_float or _fraction
        self._plain = self._scanner(None)
        self._binary = self._scanner(_decode_object)

    def _scanner(
        self,
        hook: Optional[Callable[[Dict[str, Any]], Any]],
        parse_int: Optional[Callable[[str], Any]] = None,
    ) -> _Scan:
        decoder = json.JSONDecoder(
            parse_float=self._parse_float,
            parse_int=parse_int,
            parse_constant=_no_constant,
            object_hook=hook,
        )
        # Its other methods look for white space that is not there.
        scan: _Scan = getattr(decoder, "scan_once", decoder.raw_decode)
        return scan

    @staticmethod
    def request(number: int, method: str, params: Any) -> bytes:
        """The request's line; InvalidParams for what is no JSON."""
        name = _NAMES.get(method) or json.dumps(method)
        try:
            try:
                text = _encode(params)
            except _HasDecimal:
                text = _encode_decimals(params)
            # A lone surrogate is no UTF-8.
            return f'{{"jsonrpc":"2.0","id":{number},"method":{name},"params":{text}}}\n'.encode()
        except (TypeError, ValueError, RecursionError) as fault:
            # The encoder's own words may have a value in them.
            raise InvalidParams(f"a parameter of {method} is no JSON ({type(fault).__name__})") from None

    @classmethod
    def notification(cls, method: str, params: Any) -> bytes:
        """The same without a number, which is never answered."""
        return cls.request(0, method, params).replace(b'"id":0,', b"", 1)

    @staticmethod
    def number(beginning: bytes) -> Optional[int]:
        """The number of a reply's call, from its beginning alone."""
        found = _NUMBER.match(beginning)
        return int(found[1]) if found else None

    def reply(self, line: bytes) -> Dict[str, Any]:
        """A reply's members; ValueError when it is none, ReplyTooLarge when Python can't take it in."""
        text = line.decode()
        binary = '"$base64"' in text
        try:
            try:
                answer, end = (self._binary if binary else self._plain)(text, 0)
            except json.JSONDecodeError:
                raise
            except ValueError:
                # A number with more digits than Python takes.
                answer, end = self._scanner(_decode_object if binary else None, _integer)(text, 0)
        except RecursionError:
            raise ReplyTooLarge(self.number(line), "is nested deeper than Python's JSON can be") from None
        except StopIteration:
            raise ValueError("a reply that is no JSON") from None
        if not isinstance(answer, dict) or text[end:].strip():
            raise ValueError("a reply that is no object")
        return answer
