# The part of bootstrap.py that only failures and test cases need. It is executed in the namespace of bootstrap.py.
MOST_MESSAGE = 64 * 1024  # characters of the message of an exception
MOST_FRAMES = 50  # frames that are shown from each end of a traceback


def is_own(frame):
    return frame.filename == "<string>" or frame.filename.startswith("<frozen ")


def frames(trace):
    """The frames of the script and its attachment; all of them when there is none of those."""
    import traceback

    found = list(traceback.extract_tb(trace))
    while found and is_own(found[0]):
        del found[0]
    found = [frame for frame in found if not frame.filename.startswith("<frozen importlib")]
    found = [frame for frame in found if frame.filename.startswith(FOLDER + os.sep)] or found
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


def valid(text):
    """The text without halves of surrogate pairs, which Python has for bytes of names that are not UTF-8."""
    return text.encode("utf-8", "backslashreplace").decode()


def text_of(error):
    try:
        return valid(str(error))
    except Exception:
        return "its message cannot be shown"


class NetworkRefused(RuntimeError):
    """No OSError: libraries would try again, or hide the message."""

    reason = None


def describe(error):
    is_unsigned = NetworkRefused.reason is not None and type(error).__name__ == "NoCredentialsError"
    lines = frames(error.__traceback__)
    message = text_of(error)
    if is_unsigned:
        message += "; " + NetworkRefused.reason
    if isinstance(error, SyntaxError):
        import traceback

        message = valid(error.msg) if error.msg else message
        lines += "".join(traceback.format_exception_only(type(error), error)[:-1]).rstrip("\n").split("\n")
    return {"type": type(error).__name__, "message": message[:MOST_MESSAGE], "trace": [valid(line) for line in lines]}


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


def refusal_of_arguments(error, handler, function_name, request):
    """The reply for a handler that does not take two arguments; any other TypeError is that of the script."""
    if frames(error.__traceback__):
        raise error
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
