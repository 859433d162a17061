"""Prints the request that botocore sends for every operation of every service, one JSON document a line.

    python requests.py [SERVICE ...]

Each operation is called twice: with its required parameters, and with all of them. Nothing is sent.
"""

import json
import os
import sys
import warnings

os.environ.update(AWS_EC2_METADATA_DISABLED="true", AWS_CONFIG_FILE=os.devnull, AWS_SHARED_CREDENTIALS_FILE=os.devnull)
warnings.simplefilter("ignore")

import botocore.handlers
import botocore.session
from botocore.awsrequest import AWSResponse
from botocore.config import Config
from botocore.model import OperationModel, ServiceModel

DEPTH = 3
MOMENT = "2026-11-29T01:41:43.926Z"
SPOKEN = ["json", "rest-json", "query", "ec2", "rest-xml"]


def resolved_protocol(model):
    """The first listed protocol that Runwright speaks."""
    listed = [model.metadata["protocol"], *model.metadata.get("protocols", [])]
    return next((name for name in listed if name in SPOKEN), None)


ServiceModel.resolved_protocol = property(resolved_protocol)


class Tokens:
    """Idempotency tokens are random otherwise."""

    @staticmethod
    def uuid4():
        return "00000000-0000-4000-8000-000000000000"


botocore.handlers.uuid = Tokens


class Sent(Exception):
    pass


def value(shape, everything, depth=0, above=(), label=False):
    kind = shape.type_name
    if kind == "structure":
        if getattr(shape, "is_document_type", False):
            return {"a": [1, None, "x"], "b": {"c": 1.5}}
        return structure(shape, everything, depth, above)
    if kind == "list":
        least = max(1, shape.metadata.get("min", 0))
        count = max(least, 2) if everything else least
        return [value(shape.member, everything, depth + 1, above) for _ in range(count)]
    if kind == "map":
        count = 2 if everything else 1
        least = shape.key.metadata.get("min", 1)
        return {("k" + str(at)).ljust(least, "k"): value(shape.value, everything, depth + 1, above) for at in range(count)}
    if kind == "string":
        least = max(1, shape.metadata.get("min", 0))
        if shape.enum:
            return shape.enum[0] if len(shape.enum[0]) >= least else "e" * least
        return "t" * least if label else ("a b&ü/" + "t" * least if everything else "text".ljust(least, "t"))
    if kind in ("integer", "long"):
        return max(int(shape.metadata.get("min", 1)), 1)
    if kind in ("float", "double"):
        return max(float(shape.metadata.get("min", 1.5)), 1.5)
    if kind == "boolean":
        return True
    if kind == "timestamp":
        return MOMENT
    if kind == "blob":
        return "text"
    raise ValueError(kind)


def structure(shape, everything, depth, above):
    names = list(shape.required_members)
    if everything and depth < DEPTH:
        names = list(shape.members)
    if getattr(shape, "is_tagged_union", False):
        names = [next(iter(shape.members))] if not names else names[:1]
    result = {}
    for name in shape.members:
        if name not in names:
            continue
        member = shape.members[name]
        if member.name in above and name not in shape.required_members:
            continue
        if member.serialization.get("jsonvalue") and member.serialization.get("location") == "header":
            result[name] = {"a": 1}
            continue
        label = bool(member.serialization.get("hostLabel")) or member.serialization.get("location") == "uri"
        result[name] = value(member, everything, depth + 1, (*above, member.name), label)
    return result


def parameters(service, model, everything):
    if model.input_shape is None:
        return {}
    result = structure(model.input_shape, everything, 0, (model.input_shape.name,))
    if service in ("s3", "s3control") and "Bucket" in result:
        result["Bucket"] = "bucket"
    if "AccountId" in result and service == "s3control":
        result["AccountId"] = "123456789012"
    if service == "s3" and "Metadata" in result:
        result["Metadata"] = {"key": "ascii"}
    if service == "kinesis":
        for name in result:
            if name.upper().endswith("ARN"):
                result[name] = "arn:aws:kinesis:us-east-1:123456789012:stream/name"
    return result


def text(body):
    if body is None:
        return ""
    if hasattr(body, "read"):
        body = body.read()
    return body.decode("utf-8", "replace") if isinstance(body, bytes) else body


def main():
    session = botocore.session.get_session()
    session.set_credentials("AKIDEXAMPLE", "secret")
    names = sys.argv[1:] or session.get_available_services()
    for service in names:
        model = session.get_service_model(service)
        if resolved_protocol(model) is None:
            continue
        config = Config(retries={"total_max_attempts": 1})
        client = session.create_client(service, region_name="us-east-1", config=config)
        sent = []

        def before_send(request, **_):
            sent.append(request)
            raise Sent

        client.meta.events.register("before-send", before_send)
        methods = {name: method for method, name in client.meta.method_to_api_mapping.items()}
        for name in model.operation_names:
            operation = model.operation_model(name)
            if operation.has_streaming_input or operation.has_streaming_output or operation.has_event_stream_input or operation.has_event_stream_output:
                continue
            for everything in (False, True):
                given = parameters(service, operation, everything)
                sent.clear()
                line = {"service": service, "operation": name, "parameters": json.loads(json.dumps(given))}
                try:
                    getattr(client, methods[name])(**given)
                except Sent:
                    pass
                except Exception as error:
                    line["error"] = f"{type(error).__name__}: {error}"
                if sent:
                    request = sent[0]
                    headers = {key.lower(): text(item) for key, item in request.headers.items()}
                    line.update(method=request.method, url=request.url, headers=headers, body=text(request.body))
                print(json.dumps(line, ensure_ascii=False))


main()
