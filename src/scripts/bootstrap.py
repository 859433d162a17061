# Runs a script of aws:executeScript. Its input comes over the channel, a socket on standard input, and its result goes
# back over it: four bytes of length, then JSON. Imports only what Python has imported already: the module json takes as
# long as the rest of the start.
import os
import sys

MOST_MESSAGE = 64 * 1024  # characters of the message of an exception
FOLDER = os.getcwd()  # that of the script
MOST_CAUSES = 10  # exceptions that led to one
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


def frames(trace, of_author=False):
    import traceback

    found = list(traceback.extract_tb(trace))
    while found and is_own(found[0]):
        del found[0]
    if of_author:
        found = [frame for frame in found if frame.filename.startswith(FOLDER + os.sep)]
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


class NetworkRefused(RuntimeError):
    """No OSError: libraries would try again, or hide the message."""

    reason = None


def is_refusal(error):
    for _ in range(MOST_CAUSES):
        if error is None or isinstance(error, NetworkRefused):
            return error is not None
        error = error.__cause__ or error.__context__
    return False


def describe(error):
    # The frames of the library that was refused would hide the message.
    is_unsigned = NetworkRefused.reason is not None and type(error).__name__ == "NoCredentialsError"
    lines = frames(error.__traceback__, of_author=is_unsigned or is_refusal(error))
    message = text_of(error)
    if is_unsigned:
        message += "; " + NetworkRefused.reason
    if isinstance(error, SyntaxError):
        import traceback

        message = error.msg or message
        lines += "".join(traceback.format_exception_only(type(error), error)[:-1]).rstrip("\n").split("\n")
    return {"type": type(error).__name__, "message": message[:MOST_MESSAGE], "trace": lines}


def refuse(message):
    return {"error": {"type": None, "message": message, "trace": []}}


def confine(network):
    """Lets this process reach the endpoint of the test case at most."""
    import socket

    host, port = network["host"], network["port"]
    names = set()
    if host is not None:
        names.add(host)
        try:
            names.update(found[4][0] for found in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM))
        except OSError:
            pass  # the script gets the error when it connects
    shown = "[%s]:%s" % (host, port) if host and ":" in host else "%s:%s" % (host, port)

    if host is None:
        reason = "the test case names no endpoint; mock the reply of the step, or add `endpoint: URL` to the case"
        NetworkRefused.reason = reason
    else:
        reason = "the endpoint of the test case is %s; mock the reply of the step, or change `endpoint:`" % shown

    def refuse_address(what):
        raise NetworkRefused("a script in a test case must not reach %s: %s" % (what, reason))

    def is_endpoint(name):
        text = name.decode("utf-8", "replace") if isinstance(name, (bytes, bytearray)) else str(name)
        return text.strip("[]").lower() in names

    def check_network(event, arguments):
        if event in ("socket.connect", "socket.sendto", "socket.sendmsg"):
            address = arguments[1]
            if address is None:
                return  # the socket is connected
            if not isinstance(address, tuple) or len(address) < 2:
                text = address.decode("utf-8", "replace") if isinstance(address, bytes) else str(address)
                refuse_address("the Unix socket %s" % text)
            if not is_endpoint(address[0]) or address[1] != port:
                refuse_address("%s:%s" % (address[0], address[1]))
        elif event == "socket.getaddrinfo":
            if arguments[0] is not None and not is_endpoint(arguments[0]):
                name = arguments[0]
                name = name.decode("utf-8", "replace") if isinstance(name, bytes) else name
                refuse_address(name if arguments[1] in (None, "", 0) else "%s:%s" % (name, arguments[1]))
        elif event in ("socket.gethostbyname", "socket.gethostbyaddr"):
            if not is_endpoint(arguments[0]):
                refuse_address(arguments[0])

    sys.addaudithook(check_network)


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
    network = request.get("network")
    try:
        if network and not hasattr(sys, "addaudithook"):
            reply = refuse("a test case needs Python 3.8 or newer, which can keep a script from the network")
        else:
            if network:
                confine(network)
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
