# Runs a script of aws:executeScript. Its input came over the channel, a socket on standard input, and its result goes
# back over it: four bytes of length, then JSON. Imports only what Python has imported already: the module json takes as
# long as the rest of the start. It is executed in the namespace of bootstrap_loader.py, from which it has REQUEST, a text of
# JSON, and FAILURES, which is bootstrap_failures.py.
import os
import sys

FOLDER = os.getcwd()  # that of the script


def take_channel():
    channel = os.dup(0)  # not inherited by programs that the script starts
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.close(nothing)
    return channel


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
        text = "".join(encode(value, 0))
    except Exception:  # likewise, or a value that JSON cannot express
        import json

        text = json.dumps(value, allow_nan=False)
    if "\\ud" in text:  # a surrogate, which may have no other half
        import json

        json.dumps(json.loads(text), ensure_ascii=False).encode()
    return text


def send(channel, reply):
    text = reply if isinstance(reply, str) else to_json(reply)
    data = text.encode()
    data = memoryview(len(data).to_bytes(4, "big") + data)
    while data:
        data = data[os.write(channel, data):]


def refuse(message):
    return {"error": {"type": None, "message": message, "trace": []}}


def load_failures():
    """Loads what only failures and test cases need: it takes a tenth of the start."""
    global FAILURES
    if FAILURES is not None:
        exec(code_of(FAILURES), globals())
        FAILURES = None


def release_locals(trace):
    """Frees what the functions of the script hold: without it no memory may be left to describe the failure."""
    while trace is not None:
        try:
            trace.tb_frame.clear()
        except RuntimeError:
            pass  # the frame is running
        trace = trace.tb_next


def failure_of(error):
    if isinstance(error, MemoryError):
        release_locals(error.__traceback__)
    load_failures()
    return {"error": describe(error)}


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
            if error.name is None or not ((module_name or request["module"]) + ".").startswith(error.name + "."):
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
        load_failures()
        return refusal_of_arguments(error, handler, function_name, request)
    try:
        return '{"ok":%s}' % to_json(value)
    except (TypeError, ValueError, OverflowError, RecursionError) as error:
        load_failures()
        return refuse("The value that %s returned cannot be written as JSON: %s" % (function_name, text_of(error)))


def flush():
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except Exception:
            pass


def main():
    channel = take_channel()
    request = from_json(bytes(REQUEST).decode())
    own = os.getpid()
    sys.path[0] = FOLDER
    sys.argv = [os.path.join(FOLDER, "customer_script.py")]
    if request.get("user_base"):
        import site

        folder = "%s/lib/python%d.%d/site-packages" % ((request["user_base"],) + sys.version_info[:2])
        if os.path.isdir(folder):
            site.addsitedir(folder)
    network = request.get("network")
    try:
        if network and not hasattr(sys, "addaudithook"):
            reply = refuse("A test case needs Python 3.8 or newer, which can keep a script from the network")
        else:
            if network:
                load_failures()
                confine(network)
            reply = call(request)
    except SystemExit as error:
        reply = {"ok": None} if error.code in (None, 0) else failure_of(error)
    except BaseException as error:
        reply = failure_of(error)
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
