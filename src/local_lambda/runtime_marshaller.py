"""Results of Python handlers as JSON, as AWS's own client writes them: with `simplejson`, which need not be here.

It differs from `json` in bytes (text in UTF-8), in what has `_asdict` (an object), and in a `Decimal`, which stays as
it is written.
"""

import os
import sys
from json.encoder import encode_basestring, encode_basestring_ascii

_FLOATS = {"nan": "NaN", "inf": "Infinity", "-inf": "-Infinity"}


def _keeps_unicode(runtime):
    """Up to python3.11 everything beyond ASCII is escaped."""
    _, _, minor = runtime.rpartition("python3.")
    return not minor.isdigit() or int(minor) >= 12


_quote = encode_basestring if _keeps_unicode(os.environ.get("AWS_EXECUTION_ENV", "")) else encode_basestring_ascii


def _float(value):
    text = float.__repr__(value)
    return _FLOATS.get(text, text)


def _key(key):
    if isinstance(key, str):
        return key
    if isinstance(key, bytes):
        return str(key, "utf-8")
    if isinstance(key, float):
        return _float(key)
    if key is True:
        return "true"
    if key is False:
        return "false"
    if key is None:
        return "null"
    if isinstance(key, int):
        return str(int(key))
    raise TypeError(f"keys must be str, int, float, bool or None, not {key.__class__.__name__}")


def _decimal_type():
    """The type `Decimal`, if it was imported: no value of it can exist before."""
    for name in ("decimal", "_decimal"):
        if name in sys.modules:
            return sys.modules[name].Decimal
    return ()


def _members(value):
    """The result of `_asdict` in a tuple; None if there is no such method, or it requires more arguments."""
    method = getattr(value, "_asdict", None)
    if callable(method):
        try:
            return (method(),)
        except TypeError:
            pass
    return None


class _Encoder:
    def __init__(self):
        self.pieces = []
        self.open = set()
        self.decimal = _decimal_type()

    def enter(self, value):
        if id(value) in self.open:
            raise ValueError("Circular reference detected")
        self.open.add(id(value))

    def leave(self, value):
        self.open.remove(id(value))

    def value(self, value):
        add = self.pieces.append
        if isinstance(value, str):
            add(_quote(value))
        elif isinstance(value, bytes):
            add(_quote(str(value, "utf-8")))
        elif type(value).__name__ == "RawJSON" and type(value).__module__.startswith("simplejson"):
            add(value.encoded_json)
        elif value is None:
            add("null")
        elif value is True:
            add("true")
        elif value is False:
            add("false")
        elif isinstance(value, int):
            add(str(int(value)))
        elif isinstance(value, float):
            add(_float(value))
        else:
            self.container(value)

    def container(self, value):
        members = _members(value)
        if members is not None:
            if not isinstance(members[0], dict):
                raise TypeError(f"_asdict() must return a dict, not {type(members[0]).__name__}")
            self.enter(value)
            self.object(members[0])
            self.leave(value)
        elif isinstance(value, (list, tuple)):
            self.array(value)
        elif isinstance(value, dict):
            self.object(value)
        elif isinstance(value, self.decimal):
            self.pieces.append("NaN" if value.is_nan() else str(value))
        else:
            raise TypeError(f"Object of type {value.__class__.__name__} is not JSON serializable")

    def array(self, values):
        self.enter(values)
        self.pieces.append("[")
        separator = ""
        for value in values:
            self.pieces.append(separator)
            self.value(value)
            separator = ", "
        self.pieces.append("]")
        self.leave(values)

    def object(self, values):
        if dict.__len__(values) == 0:
            self.pieces.append("{}")
            return
        self.enter(values)
        separator = "{"
        for key, value in values.items():
            self.pieces.append(f"{separator}{_quote(_key(key))}: ")
            self.value(value)
            separator = ", "
        self.pieces.append("}")
        self.leave(values)


def to_json(value):
    encoder = _Encoder()
    try:
        encoder.value(value)
    except RecursionError:
        raise RecursionError("maximum recursion depth exceeded while encoding a JSON object") from None
    return "".join(encoder.pieces)
