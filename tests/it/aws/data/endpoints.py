"""Prints the endpoints of all services, as the resolver of botocore's clients finds them.

For each service and operation: its arguments, and by Region the endpoints without and with FIPS and dual-stack: URL,
Region and name in signatures, or null if there is none. Of the operations that have the same endpoints because they have
the same parameters for the resolver, one is printed with all Regions; the others, where a service has several such
groups, with one Region.
"""

import json
import sys

import botocore.session
from botocore.args import ClientArgsCreator
from botocore.exceptions import BotoCoreError
from botocore.regions import EndpointResolverBuiltins as Builtins
from botocore.regions import EndpointRulesetResolver

NEW_REGIONS = [
    "af-new-9", "ap-new-9", "ca-new-9", "cn-new-9", "eu-isoe-new-9", "eu-new-9", "eusc-de-new-9", "il-new-9", "me-new-9",
    "moon", "mx-new-9", "sa-new-9", "us-gov-new-9", "us-iso-new-9", "us-isob-new-9", "us-isof-new-9", "us-new-9",
]
ARGUMENTS = {"Bucket": "examples-1", "AccountId": "111122223333"}
# Operations whose endpoint depends on these parameters have none in the program.
UNSUPPORTED = {"KvsARN", "SpaceId"}

session = botocore.session.get_session()
loader = session.get_component("data_loader")
partitions = loader.load_data("partitions")
regions = [region for partition in partitions["partitions"] for region in partition["regions"]] + NEW_REGIONS


def builtins(region, fips, dual_stack):
    return {
        Builtins.AWS_REGION: region,
        Builtins.AWS_USE_FIPS: fips,
        Builtins.AWS_USE_DUALSTACK: dual_stack,
        Builtins.AWS_STS_USE_GLOBAL_ENDPOINT: session.get_config_variable("sts_regional_endpoints") == "legacy",
        Builtins.AWS_S3_USE_GLOBAL_ENDPOINT: ClientArgsCreator._should_force_s3_global(None, region, None),
        Builtins.AWS_S3_ACCELERATE: False,
        Builtins.AWS_S3_FORCE_PATH_STYLE: False,
        Builtins.AWS_S3_USE_ARN_REGION: True,
        Builtins.AWS_S3CONTROL_USE_ARN_REGION: False,
        Builtins.AWS_S3_DISABLE_MRAP: False,
        Builtins.AWS_S3_DISABLE_EXPRESS_SESSION_AUTH: None,
        Builtins.SDK_ENDPOINT: None,
        Builtins.ACCOUNT_ID: None,
        Builtins.ACCOUNT_ID_ENDPOINT_MODE: "preferred",
    }


def resolve(resolver, operation, arguments, region, fips, dual_stack):
    resolver._builtins = builtins(region, fips, dual_stack)
    # The resolver of DynamoDB looks for the names of tables in the keys of this parameter.
    arguments = arguments | {"RequestItems": {}}
    try:
        endpoint = resolver.construct_endpoint(operation, arguments, {})
        schemes = endpoint.properties.get("authSchemes")
        signing = resolver.auth_schemes_to_signing_ctx(schemes)[1] if schemes else {}
    except BotoCoreError:
        return None
    return [endpoint.url, signing.get("region", region), signing.get("signing_name")]


def operations(model):
    """Each operation with its arguments, and whether it is the first of its group."""
    groups, found = set(), []
    for name in model.operation_names:
        operation = model.operation_model(name)
        required = operation.input_shape.required_members if operation.input_shape else []
        supplied = [parameter for parameter in operation.context_parameters if parameter.member_name in required]
        given = [parameter for parameter in supplied if parameter.name in ARGUMENTS]
        arguments = {parameter.member_name: ARGUMENTS[parameter.name] for parameter in given}
        is_unsupported = any(parameter.name in UNSUPPORTED for parameter in supplied)
        static = [(parameter.name, parameter.value) for parameter in operation.static_context_parameters]
        group = json.dumps([sorted(static), arguments, is_unsupported])
        found.append((operation, arguments, is_unsupported, group not in groups))
        groups.add(group)
    return found, len(groups) > 1


def service(name):
    model = session.get_service_model(name)
    rule_set = loader.load_service_model(name, "endpoint-rule-set-1", model.api_version)
    emitter = session.get_component("event_emitter")
    resolver = EndpointRulesetResolver(rule_set, partitions, model, {}, {}, emitter)
    found, are_several = operations(model)
    result = {}
    for operation, arguments, is_unsupported, is_first in found:
        chosen = regions if is_first else ["us-east-1"] if are_several else []
        if not chosen:
            continue
        endpoints = {
            region: [
                None if is_unsupported else resolve(resolver, operation, arguments, region, fips, dual_stack)
                for fips, dual_stack in [(False, False), (True, False), (False, True), (True, True)]
            ]
            for region in chosen
        }
        prefix = (operation.endpoint or {}).get("hostPrefix")
        result[operation.name] = {"arguments": arguments, "prefix": prefix, "endpoints": endpoints}
    return result


json.dump({name: service(name) for name in session.get_available_services()}, sys.stdout)
