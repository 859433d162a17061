# The requests that moto's server receives, by its own recorder.
import base64
import json
import re
import urllib.parse
import urllib.request

from sdk import URL, answer

RECORDER = URL + "/moto-api/recorder/"


def start():
    for action in ["reset-recording", "start-recording"]:
        urllib.request.urlopen(urllib.request.Request(RECORDER + action, method="POST"))
    answer(None)


def requests():
    """Each request as the service of its signature, and its operation, or else its method and path."""
    return [name(request) for request in recorded()]


def signed():
    """Each request with the access key that it is signed with."""
    keys = [re.search(r"Credential=([^/]+)/", str(request["headers"]))[1] for request in recorded()]
    return list(zip(requests(), keys))


def forms(operation):
    """The form of each request of an operation, with a single value for each field."""
    parsed = [urllib.parse.parse_qs(base64.b64decode(request["body"]).decode(errors="replace")) for request in recorded()]
    return [{field: values[0] for field, values in form.items()} for form in parsed if form.get("Action") == [operation]]


def recorded():
    urllib.request.urlopen(urllib.request.Request(RECORDER + "stop-recording", method="POST"))
    lines = urllib.request.urlopen(RECORDER + "download-recording").read().decode().splitlines()
    return [json.loads(line) for line in lines]


def name(request):
    headers = {header.lower(): value for header, value in request["headers"].items()}
    service = re.search(r"Credential=[^/]+/[^/]+/[^/]+/([^/]+)/", headers["authorization"])[1]
    form = urllib.parse.parse_qs(base64.b64decode(request["body"]).decode(errors="replace"))
    if "x-amz-target" in headers:
        return service + " " + headers["x-amz-target"].split(".")[-1]
    if "Action" in form:
        return service + " " + form["Action"][0]
    url = urllib.parse.urlsplit(request["url"])
    return f"{service} {request['method']} {url.path}" + ("?" + url.query if url.query else "")
