# Clients of the Python SDK for a server on this machine, and their responses as JSON.
import base64
import datetime
import json
import os
import sys

import botocore.session

URL = os.environ["SERVER"]
SESSION = botocore.session.Session()
CLIENTS = {}


def client(service, region):
    if (service, region) not in CLIENTS:
        CLIENTS[service, region] = SESSION.create_client(
            service,
            region_name=region,
            endpoint_url=URL,
            aws_access_key_id="test",
            aws_secret_access_key="test",
        )
    return CLIENTS[service, region]


def call(service, operation, **parameters):
    """Calls an operation by its name in the model."""
    return call_in("us-east-1", service, operation, **parameters)


def call_in(region, service, operation, **parameters):
    """Likewise, in a Region."""
    made = client(service, region)
    method = next(name for name, of in made.meta.method_to_api_mapping.items() if of == operation)
    return getattr(made, method)(**parameters)


def plain(value):
    """A response with times in UTC as ISO 8601, and bytes as text, or else in base64."""
    if isinstance(value, datetime.datetime):
        return value.astimezone(datetime.timezone.utc).isoformat()
    if isinstance(value, bytes):
        try:
            return value.decode()
        except UnicodeDecodeError:
            return base64.b64encode(value).decode()
    if isinstance(value, dict):
        return {name: plain(item) for name, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(item) for item in value]
    return value


def answer(value):
    json.dump(plain(value), sys.stdout)
