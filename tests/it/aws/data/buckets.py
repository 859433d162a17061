"""Prints the addresses of buckets at endpoints, as a client of botocore has them: reads pairs of an endpoint and a bucket;
the endpoint of AWS is null."""

import json
import sys

import botocore.session

session = botocore.session.get_session()
session.set_credentials("id", "key")


def address(endpoint, region, operation, bucket):
    client = session.create_client("s3", region_name=region, endpoint_url=endpoint)
    model = client.meta.service_model.operation_model(operation)
    return client._resolve_endpoint_ruleset(model, {"Bucket": bucket}, {"signing": {}})[0]


json.dump([address(*each) for each in json.load(sys.stdin)], sys.stdout)
