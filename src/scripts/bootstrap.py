# Runs a script of aws:executeScript. Its input comes over the channel, a socket on standard input, and its result goes
# back over it: four bytes of length, then JSON. Imports only what Python has imported already: the module json takes as
# long as the rest of the start.
import os
import sys

MOST_MESSAGE = 64 * 1024  # characters of the message of an exception
MOST_FRAMES = 50  # frames that are shown from each end of a traceback


def take_channel():
    channel = os.dup(0)  # not inherited by programs that the script starts
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.close(nothing)
    return channel


def read_all(channel):
    parts = []
    while True:
        part = os.read(channel, 65536)
        if not part:
            return b"".join(parts)
        parts.append(part)


class Scanning:
    """What the scanner of JSON is asked for: Python's own values."""

    strict = True
    object_hook = object_pairs_hook = parse_constant = None
    parse_float = float
    parse_int = int


def from_json(text):
    try:
        from _json import make_scanner

        return make_scanner(Scanning)(text, 0)[0]
    except Exception:  # another Python than CPython, or a later one
        import json

        return json.loads(text)


def not_expressible(value):
    raise TypeError


def to_json(value):
    try:
        from _json import encode_basestring_ascii, make_encoder

        encode = make_encoder({}, not_expressible, encode_basestring_ascii, None, ": ", ", ", False, False, False)
        return "".join(encode(value, 0))
    except Exception:  # likewise, or a value that JSON cannot express
        import json

        return json.dumps(value, allow_nan=False)


def send(channel, reply):
    text = reply if isinstance(reply, str) else to_json(reply)
    data = text.encode()
    data = memoryview(len(data).to_bytes(4, "big") + data)
    while data:
        data = data[os.write(channel, data):]


def is_own(frame):
    return frame.filename == "<string>" or frame.filename.startswith("<frozen ")


def frames(trace):
    import traceback

    found = list(traceback.extract_tb(trace))
    while found and is_own(found[0]):
        del found[0]
    found = [frame for frame in found if not frame.filename.startswith("<frozen importlib")]
    lines = []
    for index, frame in enumerate(found):
        if index == MOST_FRAMES and len(found) > 2 * MOST_FRAMES:
            lines.append("  [%d frames left out]" % (len(found) - 2 * MOST_FRAMES))
        if MOST_FRAMES <= index < len(found) - MOST_FRAMES:
            continue
        lines.append('  File "%s", line %s, in %s' % (frame.filename, frame.lineno, frame.name))
        if frame.line:
            lines.append("    " + frame.line)
    return lines


def text_of(error):
    try:
        return str(error)
    except Exception:
        return "its message cannot be shown"


def describe(error):
    lines = frames(error.__traceback__)
    message = text_of(error)
    if isinstance(error, SyntaxError):
        import traceback

        message = error.msg or message
        lines += "".join(traceback.format_exception_only(type(error), error)[:-1]).rstrip("\n").split("\n")
    return {"type": type(error).__name__, "message": message[:MOST_MESSAGE], "trace": lines}


def refuse(message):
    return {"error": {"type": None, "message": message, "trace": []}}


def load(name):
    __import__(name)
    return sys.modules[name]


def call(request):
    """Imports the script and calls its handler. Returns the reply, a success as JSON already."""
    module_name, _, function_name = request["handler"].rpartition(".")
    if request["has_script"]:
        module = load("customer_script")
    if not request["has_script"] or module_name not in ("", "customer_script"):
        try:
            module = load(module_name or request["module"])
        except ModuleNotFoundError as error:
            if error.name is None or not (module_name or request["module"]).startswith(error.name):
                raise
            return refuse("The handler %s is in the module %s, and there is none" % (request["handler"], error.name))
    handler = getattr(module, function_name, None)
    if handler is None:
        return refuse("The script has no function %s, which Handler names" % function_name)
    if not callable(handler):
        return refuse("The handler %s is no function" % function_name)
    try:
        value = handler(request["events"], request["context"])
    except TypeError as error:
        if frames(error.__traceback__):
            raise
        import inspect

        try:
            signature = inspect.signature(handler)
            signature.bind(request["events"], request["context"])
        except TypeError:
            shown = "%s%s" % (function_name, signature)
            return refuse("The handler must take two arguments, the payload and a context, and it is %s" % shown)
        except ValueError:
            pass
        raise error
    try:
        return '{"ok":%s}' % to_json(value)
    except (TypeError, ValueError, OverflowError, RecursionError) as error:
        return refuse("The value that %s returned cannot be written as JSON: %s" % (function_name, text_of(error)))


def flush():
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except Exception:
            pass


def main():
    channel = take_channel()
    request = from_json(read_all(channel).decode())
    own = os.getpid()
    sys.path[0] = os.getcwd()
    sys.argv = [os.path.join(os.getcwd(), "customer_script.py")]
    if request.get("user_base"):
        import site

        folder = "%s/lib/python%d.%d/site-packages" % ((request["user_base"],) + sys.version_info[:2])
        if os.path.isdir(folder):
            site.addsitedir(folder)
    try:
        reply = call(request)
    except SystemExit as error:
        reply = {"ok": None} if error.code in (None, 0) else {"error": describe(error)}
    except BaseException as error:
        reply = {"error": describe(error)}
    if os.getpid() != own:
        flush()
        os._exit(0)  # a fork of the script, which has no reply of its own
    flush()
    try:
        send(channel, reply)
    except OSError:
        pass  # the reply is larger than is read
    if "logging" in sys.modules:
        sys.modules["logging"].shutdown()
    flush()
    os._exit(0)


main()
