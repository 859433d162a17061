"""Runs a Python handler against the Lambda Runtime API. Started by the local functions; standard library only.

The modules imported here are few and cheap on purpose: their import is part of every cold start.
"""

import json
import os
import socket
import sys
import time

from runtime_marshaller import to_json

ROOT = "/2018-06-01/runtime/"


class Api:
    """One kept-alive connection; every answer of the server has a Content-Length."""

    def __init__(self, address):
        # The path in it identifies this process.
        self.address, _, path = address.partition("/")
        self.root = f"/{path}{ROOT}" if path else ROOT
        host, _, port = self.address.rpartition(":")
        self.socket = socket.create_connection((host, int(port)))
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.reader = self.socket.makefile("rb")

    def call(self, method, path, body=b""):
        try:
            return self.exchange(method, path, body)
        except ConnectionError:
            # The execution environment is being ended.
            sys.exit(0)

    def exchange(self, method, path, body):
        head = f"{method} {self.root}{path} HTTP/1.1\r\nHost: {self.address}\r\nContent-Length: {len(body)}\r\n"
        head += "Content-Type: application/json\r\n"
        self.socket.sendall(head.encode("latin-1") + b"\r\n" + body)
        line = self.reader.readline()
        if not line:
            raise ConnectionError("the Runtime API has closed the connection")
        status = int(line.split(None, 2)[1])
        headers = {}
        while True:
            line = self.reader.readline()
            if line in (b"\r\n", b"\n", b""):
                break
            name, _, value = line.partition(b":")
            headers[name.strip().lower().decode("latin-1")] = value.strip().decode("latin-1")
        length = int(headers.get("content-length", 0))
        return status, headers, self.reader.read(length) if length else b""


class _Record:
    """Members of the client context and of the identity: what is absent is None."""

    names = ()

    def __init__(self, values):
        for name in self.names:
            setattr(self, name, values.get(name))

    def __repr__(self):
        inside = ",".join(f"{name}={getattr(self, name)!r}" for name in self.names)
        return f"{type(self).__name__}([{inside}])"


class Client(_Record):
    names = ("installation_id", "app_title", "app_version_name", "app_version_code", "app_package_name")


class ClientContext(_Record):
    names = ("custom", "env", "client")

    def __init__(self, values):
        super().__init__(values)
        client = values.get("client")
        self.client = Client(client) if isinstance(client, dict) else None


class CognitoIdentity(_Record):
    names = ("cognito_identity_id", "cognito_identity_pool_id")


class LambdaContext:
    def __init__(self, headers):
        environment = os.environ
        self.aws_request_id = headers["lambda-runtime-aws-request-id"]
        self.log_group_name = environment.get("AWS_LAMBDA_LOG_GROUP_NAME")
        self.log_stream_name = environment.get("AWS_LAMBDA_LOG_STREAM_NAME")
        self.function_name = environment.get("AWS_LAMBDA_FUNCTION_NAME")
        self.memory_limit_in_mb = environment.get("AWS_LAMBDA_FUNCTION_MEMORY_SIZE")
        self.function_version = environment.get("AWS_LAMBDA_FUNCTION_VERSION")
        self.invoked_function_arn = headers.get("lambda-runtime-invoked-function-arn")
        self.tenant_id = None
        self.client_context = None
        context = headers.get("lambda-runtime-client-context")
        if context:
            self.client_context = ClientContext(json.loads(context.encode("latin-1").decode("utf-8")))
        self.identity = CognitoIdentity({})
        self._deadline = int(headers.get("lambda-runtime-deadline-ms", 0))

    def get_remaining_time_in_millis(self):
        return max(self._deadline - int(time.time() * 1000), 0)

    def log(self, message):
        sys.stdout.write(str(message))

    def __repr__(self):
        inside = ",".join(f"{name}={value}" for name, value in vars(self).items() if not name.startswith("_"))
        return f"LambdaContext([{inside}])"


class Failure(Exception):
    """An error that the runtime itself finds."""

    def __init__(self, kind, message, frames=()):
        super().__init__(message)
        self.kind = kind
        self.frames = frames


def document(kind, message, frames, request_id):
    return {"errorMessage": message, "errorType": kind, "requestId": request_id, "stackTrace": list(frames)}


def trace_lines(error):
    """The trace as Lambda writes it: one text for each frame, without marks in the line and without this file."""
    import traceback

    frames = traceback.extract_tb(error.__traceback__)
    while frames and frames[0].filename == __file__:
        frames = frames[1:]
    return traceback.format_list([(frame.filename, frame.lineno, frame.name, frame.line) for frame in frames])


def describe(error, request_id=""):
    if isinstance(error, Failure):
        return document(error.kind, str(error), error.frames, request_id)
    # An error whose text cannot be made ends the process, as on Lambda.
    return document(type(error).__name__, str(error), trace_lines(error), request_id)


def show(error):
    """The text that Lambda logs for an error."""
    lines = [f"[ERROR] {error['errorType']}: {error['errorMessage']}"]
    if error["stackTrace"]:
        lines.append("Traceback (most recent call last):")
        lines.extend(line.rstrip("\n") for line in error["stackTrace"])
    print("\n".join(lines), flush=True)


def marshal(value):
    """The handler's result as text to post; bytes are posted unchanged."""
    if isinstance(value, bytes):
        return value
    try:
        return to_json(value)
    except Exception as error:
        raise Failure("Runtime.MarshalError", f"Unable to marshal response: {error}") from None


def install_log_format(logging):
    """Lambda puts a handler on the root logger before any of the user's code runs."""

    class Formatter(logging.Formatter):
        converter = time.gmtime
        default_time_format = "%Y-%m-%dT%H:%M:%S"
        default_msec_format = "%s.%03dZ"

        def format(self, record):
            record.aws_request_id = current_request_id or ""
            return super().format(record)

    handler = logging.StreamHandler(sys.stdout)
    handler.setFormatter(Formatter("[%(levelname)s]\t%(asctime)s\t%(aws_request_id)s\t%(message)s"))
    logging.getLogger().addHandler(handler)


class LoggingHook:
    """Sets the log format when `logging` is imported: the import itself is too slow for every start."""

    @staticmethod
    def find_spec(name, path=None, target=None):
        if name != "logging":
            return None
        sys.meta_path.remove(LoggingHook)
        from importlib.machinery import PathFinder

        spec = PathFinder.find_spec(name, path)
        if spec is not None and spec.loader is not None:
            original = spec.loader.exec_module

            def exec_module(module):
                original(module)
                install_log_format(module)

            spec.loader.exec_module = exec_module
        return spec


def load(handler):
    """The function that `file.function` or `directory/file.function` names."""
    try:
        module_path, name = handler.rsplit(".", 1)
    except ValueError as error:
        raise Failure("Runtime.MalformedHandlerName", f"Bad handler '{handler}': {error}") from None
    if module_path.split(".")[0] in sys.builtin_module_names:
        raise Failure(
            "Runtime.BuiltInModuleConflict", f"Cannot use built-in module {module_path} as a handler module"
        )
    from importlib import import_module

    try:
        module = import_module(module_path.replace("/", "."))
    except ImportError as error:
        show_import(error)
        raise Failure("Runtime.ImportModuleError", f"Unable to import module '{module_path}': {error}") from None
    except SyntaxError as error:
        place = f'  File "{error.filename}" Line {error.lineno}\n    {error.text}'
        raise Failure(
            "Runtime.UserCodeSyntaxError", f"Syntax error in module '{module_path}': {error}", [place]
        ) from None
    try:
        return getattr(module, name)
    except AttributeError:
        raise Failure(
            "Runtime.HandlerNotFound", f"Handler '{name}' missing on module '{module_path}'"
        ) from None


def show_import(error):
    """Lambda answers a failed import without a trace; the log gets the frames of the user's own files."""
    root = os.environ.get("LAMBDA_TASK_ROOT", "")
    for line in trace_lines(error):
        if root and root in line:
            print(line.rstrip("\n"), flush=True)


current_request_id = None


def run(api, function):
    global current_request_id
    while True:
        status, headers, body = api.call("GET", "invocation/next")
        if status != 200:
            sys.exit(f"the Runtime API answered {status} to a request for an event")
        request_id = headers["lambda-runtime-aws-request-id"]
        current_request_id = request_id
        trace_id = headers.get("lambda-runtime-trace-id")
        if trace_id:
            os.environ["_X_AMZN_TRACE_ID"] = trace_id
        path = "response"
        try:
            try:
                event = json.loads(body)
            except ValueError as error:
                raise Failure("Runtime.UnmarshalError", f"Unable to unmarshal input: {error}") from None
            reply = marshal(function(event, LambdaContext(headers)))
        except Exception as error:
            told = describe(error, request_id)
            show(told)
            path, reply = "error", to_json(told)
        sys.stdout.flush()
        sys.stderr.flush()
        # A lone surrogate ends the process here, as on Lambda.
        body = reply if isinstance(reply, bytes) else reply.encode("utf-8")
        api.call("POST", f"invocation/{request_id}/{path}", body)


def main():
    sys.stdout.reconfigure(line_buffering=True)
    root = os.environ.get("LAMBDA_TASK_ROOT", os.getcwd())
    sys.path[0] = root
    sys.meta_path.insert(0, LoggingHook)
    try:
        api = Api(os.environ["AWS_LAMBDA_RUNTIME_API"])
    except ConnectionError:
        # The execution environment is being ended.
        sys.exit(0)
    try:
        function = load(os.environ["_HANDLER"])
    except Exception as error:
        told = describe(error)
        show(told)
        api.call("POST", "init/error", to_json(told).encode("utf-8"))
        sys.exit(1)
    run(api, function)


main()
