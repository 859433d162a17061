# Invokes what standard input lists through boto3, and prints what came back of each.
import base64
import json
import sys

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError

asked = json.load(sys.stdin)
client = boto3.client("lambda", endpoint_url=asked["url"], config=Config(retries={"total_max_attempts": 1}))


def invoke(request):
    try:
        reply = client.invoke(**request)
    except ClientError as error:
        return {"refused": error.response["Error"]["Code"], "message": error.response["Error"]["Message"]}
    log = reply.get("LogResult")
    return {
        "status": reply["StatusCode"],
        "error": reply.get("FunctionError"),
        "version": reply.get("ExecutedVersion"),
        "log": log and base64.b64decode(log).decode(),
        "payload": reply["Payload"].read().decode(),
    }


json.dump([invoke(request) for request in asked["requests"]], sys.stdout)
