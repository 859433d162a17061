"""The endpoints of all services, from the rule sets of botocore.

A rule set is a program over parameters: the Region, FIPS, dual-stack, and for a few services more. It is run here for
every Region, and the results are stored as patterns. `table` returns the content of endpoints.bin; its form is
described in ../endpoints.rs.
"""

import json
import re

# Without and with FIPS and dual-stack, in the order of the cells of a row.
VARIANTS = [(False, False), (True, False), (False, True), (True, True)]

# Parameters of operations that do not change the host, or only by what the client adds to it: the bucket, and the
# account ID of the operation's host prefix.
BUCKET = "bucket"
ACCOUNT = "111122223333"

# Parameters of operations that are in the host in a way that the client does not know.
UNSUPPORTED = ["KvsARN", "SpaceId"]


def probes(partition):
    """Names that Regions of a partition may get in future, one for each alternative of its pattern."""
    text = partition["regionRegex"].removeprefix("^").removesuffix("$").replace(r"\-", "-")
    text = text.replace(r"\w+", "probe").replace(r"\d+", "9")
    alternatives = re.search(r"\((.*)\)", text)
    if not alternatives:
        return [text]
    return [text.replace(alternatives[0], choice) for choice in alternatives[1].split("|")]


def expand(pattern, region, partition):
    outputs = partition["outputs"]
    values = {
        "{region}": region,
        "{dnsSuffix}": outputs["dnsSuffix"],
        "{dualStackDnsSuffix}": outputs["dualStackDnsSuffix"],
        "{globalRegion}": outputs["implicitGlobalRegion"],
    }
    return re.sub(r"\{\w+\}", lambda match: values[match[0]], pattern)


def generalize(text, region, partition):
    """The pattern of a host or of the name of a Region."""
    outputs = partition["outputs"]
    for variable in ["dualStackDnsSuffix", "dnsSuffix"]:
        if text.endswith(f".{outputs[variable]}"):
            text = f"{text.removesuffix(outputs[variable])}{{{variable}}}"
            break
    labels = text.split(".")
    names = {outputs["implicitGlobalRegion"]: "{globalRegion}", region: "{region}"}
    return ".".join(names.get(label, label) for label in labels)


def convert(row, conversion, region, partition):
    """A row with patterns from a row with names, or the other way round."""

    def cell(value):
        if isinstance(value, dict):
            return value
        host, signing_region, signing_name = value
        signing_region = signing_region and conversion(signing_region, region, partition)
        return [conversion(host, region, partition), signing_region, signing_name]

    return [cell(value) for value in row]


def shorten(cell):
    """A cell as it is stored."""
    return cell[0] if isinstance(cell, list) and cell[1:] == [None, None] else cell


class Rules:
    """The rule set of a service."""

    def __init__(self, service, rule_set, partitions):
        from botocore.endpoint_provider import EndpointProvider

        self.service = service
        self.names = rule_set["parameters"]
        self.provider = EndpointProvider(rule_set, {"partitions": partitions})

    def evaluate(self, region, fips, dual_stack, context):
        """What a client of botocore does: the host, signing Region and signing name, or why there is none."""
        from botocore.exceptions import EndpointProviderError

        parameters = {**context, "Region": region, "UseFIPS": fips, "UseDualStack": dual_stack}
        # The client of S3 uses the endpoint without a Region for us-east-1; the client of STS does not.
        parameters["UseGlobalEndpoint"] = self.service == "s3" and region == "us-east-1"
        parameters = {name: value for name, value in parameters.items() if name in self.names}
        try:
            endpoint = self.provider.resolve_endpoint(**parameters)
        except EndpointProviderError as error:
            return {"unavailable": error.kwargs["msg"]}
        host = endpoint.url.removeprefix("https://")
        if "Bucket" in context:
            host = host.removesuffix(f"/{BUCKET}")
        if "AccountId" in context:
            host = host.removeprefix(f"{ACCOUNT}.")
        if not re.fullmatch(r"[a-z0-9.-]+", host) or endpoint.headers:
            raise ValueError(f"the form of this endpoint of {self.service} is not supported: {endpoint}")
        signature = self.signature(endpoint)
        if signature is None:
            return {"unavailable": "its requests are signed with Signature Version 4A, which is not supported"}
        return [host, *signature]

    def signature(self, endpoint):
        """The Region and the name of the service that an endpoint sets for signatures."""
        schemes = endpoint.properties.get("authSchemes", [{"name": "sigv4"}])
        for scheme in schemes:
            if scheme["name"] == "sigv4":
                return [scheme.get("signingRegion"), scheme.get("signingName")]
        return None

    def given(self, context):
        """The Region and the name in signatures for an endpoint that the user gave, if the rules set them."""
        parameters = {**context, "Endpoint": "https://example.com"}
        regions = ["eu-north-1", "us-west-1"]
        found = [self.signature(self.provider.resolve_endpoint(**parameters, Region=region)) for region in regions]
        return found[0] if found[0] == found[1] != [None, None] else None

    def rows(self, partitions, context):
        """Rows of cells, by the name of a Region or a partition, or for the rest."""

        def concrete(region):
            return [self.evaluate(region, *variant, context) for variant in VARIANTS]

        of_partitions, of_regions = {}, {}
        for partition in partitions:
            names = probes(partition)
            row = convert(concrete(names[0]), generalize, names[0], partition)
            for region in [*names, *sorted(partition["regions"])]:
                cells = concrete(region)
                if convert(row, expand, region, partition) != cells:
                    if region in names:
                        raise ValueError(f"the endpoints of {self.service} in new Regions have no common pattern")
                    of_regions[region] = convert(cells, generalize, region, partition)
            of_partitions[partition["id"]] = row
        rest = max(of_partitions.values(), key=list(of_partitions.values()).count)
        rows = {"": rest} | {name: row for name, row in of_partitions.items() if row != rest} | of_regions
        return {name: [shorten(cell) for cell in row] for name, row in rows.items()}


def contexts(model, names):
    """The operations of a model by the parameters that they have for the rule set."""
    found = {}
    for name, operation in model["operations"].items():
        static = operation.get("staticContextParams", {})
        context = {parameter: static[parameter]["value"] for parameter in static if parameter in names}
        shape = model["shapes"].get(operation.get("input", {}).get("shape"), {})
        members = shape.get("members", {})
        supplied = [
            members[member]["contextParam"]["name"]
            for member in shape.get("required", [])
            if "contextParam" in members[member]
        ]
        host_prefix = operation.get("endpoint", {}).get("hostPrefix")
        if "Bucket" in supplied and "ForcePathStyle" in names:
            context |= {"Bucket": BUCKET, "ForcePathStyle": True}
        if "RequiresAccountId" in context:
            context |= {"AccountId": ACCOUNT}
            is_express = context.get("UseS3ExpressControlEndpoint", False)
            if host_prefix != (None if is_express else "{AccountId}."):
                raise ValueError(f"{name} has an account ID and the host prefix {host_prefix}")
        for parameter in UNSUPPORTED:
            if parameter in supplied:
                context = {"unsupported": parameter}
        found.setdefault(json.dumps(context, sort_keys=True), []).append(name)
    return [(json.loads(context), operations) for context, operations in found.items()]


def service(name, model, rule_set, partitions):
    """The rows of a service, and those of operations that have others."""
    rules = Rules(name, rule_set, partitions)
    groups, given = {}, None
    for context, operations in contexts(model, rules.names):
        if "unsupported" in context:
            why = f"its host depends on the parameter {context['unsupported']}, which is not supported"
            rows = {"": [{"unavailable": why}] * len(VARIANTS)}
        else:
            rows = rules.rows(partitions, context)
            given = given or rules.given(context)
        groups.setdefault(json.dumps(rows), []).extend(operations)
    # The largest group stands for the service, and for operations that its model does not have yet.
    [(rows, _), *others] = sorted(groups.items(), key=lambda group: len(group[1]), reverse=True)
    short = {"endpoints": json.loads(rows)}
    if given:
        short["given"] = given
    if others:
        short["operations"] = [{"names": names, "endpoints": json.loads(rows)} for rows, names in others]
    return short


def table(source, partitions, services):
    """The content of the file; `services` are triples of a name, a model and a rule set."""

    def partition(source):
        outputs = source["outputs"]
        return {
            "name": source["id"],
            "regionRegex": source["regionRegex"],
            "dnsSuffix": outputs["dnsSuffix"],
            "dualStackDnsSuffix": outputs["dualStackDnsSuffix"],
            "globalRegion": outputs["implicitGlobalRegion"],
            "regions": sorted(source["regions"]),
        }

    return {
        "source": source,
        "partitions": [partition(source) for source in partitions],
        "services": {name: service(name, model, rule_set, partitions) for name, model, rule_set in services},
    }
