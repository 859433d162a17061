//! Results of Python handlers, and the response of AWS's own runtime client to each. Measured with the client itself.

const EXIT_0: &str = "Unhandled Runtime.ExitError: RequestId: ID Error: Runtime exited without providing a reason";
const EXIT_1: &str = "Unhandled Runtime.ExitError: RequestId: ID Error: Runtime exited with error: exit status 1";

/// A module whose handler evaluates its event.
pub(super) const MODULE: &str = r#"
import collections, datetime, enum, uuid
from decimal import Decimal

Point = collections.namedtuple("Point", "x y")
Named = collections.namedtuple("Named", "only")
RING = []
RING.append(RING)

class Colour(enum.Enum):
    RED = 1
class Level(enum.IntEnum):
    HIGH = 7
class Text(str):
    def __str__(self):
        return "another"
class AsDict:
    def __init__(self, members={"a": 1}):
        self.members = members
    def _asdict(self):
        return self.members
class Custom(Exception):
    pass
class Handled(Exception):
    pass
class Base(BaseException):
    pass
class Untold(Exception):
    def __str__(self):
        raise ValueError("nothing to tell")

def fail(error):
    raise error

def handler(event, context):
    return eval(event)
"#;

/// The evaluated expression, the response of python3.12 and later, and that of older runtimes if it differs.
#[rustfmt::skip]
pub(super) const RESULTS: &[(&str, &str, Option<&str>)] = &[
    ("None", "null", None),
    (r#"{"n": Decimal("12")}"#, r#"{"n": 12}"#, None),
    (r#"{"n": Decimal("1.50")}"#, r#"{"n": 1.50}"#, None),
    (r#"[Decimal("12345678901234567890"), Decimal("0.1234567890123456789"), Decimal("1E+5"), Decimal("-0")]"#, "[12345678901234567890, 0.1234567890123456789, 1E+5, -0]", None),
    (r#"[Decimal("NaN"), Decimal("-NaN"), Decimal("sNaN"), Decimal("Infinity"), Decimal("-Infinity")]"#, "[NaN, NaN, NaN, Infinity, -Infinity]", None),
    (r#"Decimal("2.0")"#, "2.0", None),
    (r#"b'{"ok": true}'"#, r#"{"ok": true}"#, None),
    ("b'not json'", "not json", None),
    (r#"{"b": b"aGk="}"#, r#"{"b": "aGk="}"#, None),
    (r#"[b"\xc3\xa9"]"#, r#"["é"]"#, Some(r#"["\u00e9"]"#)),
    (r#"{b"k": 1}"#, r#"{"k": 1}"#, None),
    (r#"[b"\xff"]"#, "Unhandled Runtime.MarshalError: Unable to marshal response: 'utf-8' codec can't decode byte 0xff in position 0: invalid start byte", None),
    (r#"{b"\xff": 1}"#, "Unhandled Runtime.MarshalError: Unable to marshal response: 'utf-8' codec can't decode byte 0xff in position 0: invalid start byte", None),
    (r#"[bytearray(b"x")]"#, "Unhandled Runtime.MarshalError: Unable to marshal response: Object of type bytearray is not JSON serializable", None),
    (r#"[memoryview(b"x")]"#, "Unhandled Runtime.MarshalError: Unable to marshal response: Object of type memoryview is not JSON serializable", None),
    ("Point(1, 2)", r#"{"x": 1, "y": 2}"#, None),
    (r#"{"p": Point(1, Point(b"x", Decimal("3")))}"#, r#"{"p": {"x": 1, "y": {"x": "x", "y": 3}}}"#, None),
    ("[Point, 1]", "Unhandled Runtime.MarshalError: Unable to marshal response: Object of type type is not JSON serializable", None),
    ("Named(1)", r#"{"only": 1}"#, None),
    ("AsDict()", r#"{"a": 1}"#, None),
    ("AsDict(5)", "Unhandled Runtime.MarshalError: Unable to marshal response: _asdict() must return a dict, not int", None),
    ("12345678901234567890123", "12345678901234567890123", None),
    ("10 ** 5000", "Unhandled Runtime.MarshalError: Unable to marshal response: Exceeds the limit (4300 digits) for integer string conversion; use sys.set_int_max_str_digits() to increase the limit", None),
    ("[1.0, 1e16, 1e22, 0.1, -0.0, 5e-324]", "[1.0, 1e+16, 1e+22, 0.1, -0.0, 5e-324]", None),
    (r#"[float("nan"), float("inf"), float("-inf")]"#, "[NaN, Infinity, -Infinity]", None),
    ("[True, False, None]", "[true, false, null]", None),
    (r#"{1: "a", "1": "b", 1.5: 2, True: 3, None: 4, float("nan"): 5}"#, r#"{"1": 3, "1": "b", "1.5": 2, "null": 4, "NaN": 5}"#, None),
    ("{(1, 2): 1}", "Unhandled Runtime.MarshalError: Unable to marshal response: keys must be str, int, float, bool or None, not tuple", None),
    (r#"{Decimal("1"): 1}"#, "Unhandled Runtime.MarshalError: Unable to marshal response: keys must be str, int, float, bool or None, not Decimal", None),
    ("{Colour.RED: 1}", "Unhandled Runtime.MarshalError: Unable to marshal response: keys must be str, int, float, bool or None, not Colour", None),
    ("{1, 2}", "Unhandled Runtime.MarshalError: Unable to marshal response: Object of type set is not JSON serializable", None),
    ("[frozenset()]", "Unhandled Runtime.MarshalError: Unable to marshal response: Object of type frozenset is not JSON serializable", None),
    ("datetime.datetime(2020, 1, 1)", "Unhandled Runtime.MarshalError: Unable to marshal response: Object of type datetime is not JSON serializable", None),
    ("datetime.date(2020, 1, 1)", "Unhandled Runtime.MarshalError: Unable to marshal response: Object of type date is not JSON serializable", None),
    ("datetime.timedelta(1)", "Unhandled Runtime.MarshalError: Unable to marshal response: Object of type timedelta is not JSON serializable", None),
    ("uuid.UUID(int=1)", "Unhandled Runtime.MarshalError: Unable to marshal response: Object of type UUID is not JSON serializable", None),
    ("object()", "Unhandled Runtime.MarshalError: Unable to marshal response: Object of type object is not JSON serializable", None),
    ("[Colour.RED]", "Unhandled Runtime.MarshalError: Unable to marshal response: Object of type Colour is not JSON serializable", None),
    (r#"[Level.HIGH, Text("own")]"#, r#"[7, "own"]"#, None),
    ("(i for i in [])", "Unhandled Runtime.MarshalError: Unable to marshal response: Object of type generator is not JSON serializable", None),
    ("range(3)", "Unhandled Runtime.MarshalError: Unable to marshal response: Object of type range is not JSON serializable", None),
    ("{}.keys()", "Unhandled Runtime.MarshalError: Unable to marshal response: Object of type dict_keys is not JSON serializable", None),
    ("collections.OrderedDict(b=1, a=2)", r#"{"b": 1, "a": 2}"#, None),
    (r#"collections.Counter("aab")"#, r#"{"a": 2, "b": 1}"#, None),
    ("collections.deque([1])", "Unhandled Runtime.MarshalError: Unable to marshal response: Object of type deque is not JSON serializable", None),
    ("1j", "Unhandled Runtime.MarshalError: Unable to marshal response: Object of type complex is not JSON serializable", None),
    (r#"Exception("x")"#, "Unhandled Runtime.MarshalError: Unable to marshal response: Object of type Exception is not JSON serializable", None),
    ("lambda: 1", "Unhandled Runtime.MarshalError: Unable to marshal response: Object of type function is not JSON serializable", None),
    ("RING", "Unhandled Runtime.MarshalError: Unable to marshal response: Circular reference detected", None),
    ("[[], (), {}, [[]]]", "[[], [], {}, [[]]]", None),
    (r#""é\u2028\x7f\x00\b\t\"\\/\U0001f600""#, "\"é\u{2028}\u{7f}\\u0000\\b\\t\\\"\\\\/😀\"", Some(r#""\u00e9\u2028\u007f\u0000\b\t\"\\/\ud83d\ude00""#)),
    (r#""\ud800""#, EXIT_1, Some(r#""\ud800""#)),
    (r#"fail(ValueError("no"))"#, "Unhandled ValueError: no", None),
    (r#"fail(KeyError("k"))"#, "Unhandled KeyError: 'k'", None),
    ("fail(ValueError())", "Unhandled ValueError: ", None),
    (r#"fail(Custom("é"))"#, "Unhandled Custom: é", None),
    (r#"fail(Handled("on purpose"))"#, "Unhandled Handled: on purpose", None),
    ("fail(Untold())", EXIT_1, None),
    (r#"fail(Base("x"))"#, EXIT_1, None),
    ("fail(SystemExit(3))", "Unhandled Runtime.ExitError: RequestId: ID Error: Runtime exited with error: exit status 3", None),
    (r#"fail(SystemExit("text"))"#, EXIT_1, None),
    ("fail(SystemExit())", EXIT_0, None),
    ("fail(StopIteration(1))", "Unhandled StopIteration: 1", None),
    (r#"fail(ValueError("\ud800"))"#, EXIT_1, None),
    (r#"fail("text")"#, "Unhandled TypeError: exceptions must derive from BaseException", None),
    ("1 / 0", "Unhandled ZeroDivisionError: division by zero", None),
];
