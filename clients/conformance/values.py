"""JSON whose numbers stay as they are written."""

import json
import re
from decimal import Decimal


class Number(str):
    """A number as it is spelled."""

    @property
    def parts(self):
        """Sign, digits and exponent: 1.10 is not 1.1; 1e400 and 1E+400 are one."""
        return Decimal(self).as_tuple()


def load(text):
    return json.loads(text, parse_int=Number, parse_float=Number)


def dump(value):
    if isinstance(value, Number):
        return str(value)
    if isinstance(value, list):
        return f"[{','.join(map(dump, value))}]"
    if isinstance(value, dict):
        return f"{{{','.join(f'{json.dumps(name)}:{dump(item)}' for name, item in value.items())}}}"
    return json.dumps(value, ensure_ascii=False)


def fill(text, variables):
    """Puts in what a case has in place of a value: "${restarts}", a variable, and ${x*1000}, x a thousand times."""
    text = re.sub(r"\$\{(.)\*(\d+)\}", lambda found: found[1] * int(found[2]), text)
    return re.sub(r'"\$\{(\w+)\}"', lambda found: str(variables[found[1]]), text)


def same(one, other, native=False):
    """Whether two values are the same; with `native` numbers are if a double of them is."""
    if isinstance(one, Number) and isinstance(other, Number):
        return float(one) == float(other) if native else one.parts == other.parts
    if type(one) is not type(other):
        return False
    if isinstance(one, list):
        return len(one) == len(other) and all(same(a, b, native) for a, b in zip(one, other))
    if isinstance(one, dict):
        return one.keys() == other.keys() and all(
            same(item, other[name], native) for name, item in one.items()
        )
    return one == other


def plain(value):
    """With Python's own numbers."""
    return json.loads(dump(value))
