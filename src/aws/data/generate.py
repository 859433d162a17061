#!/usr/bin/env python3
"""Generates models.bin and endpoints.bin, the models and endpoints of AWS services, from a pinned release of botocore.

    python3 src/aws/data/generate.py [--wheel FILE] [--folder FOLDER]

Without --wheel, pip downloads the release. The same wheel gives the same bytes. The forms of the files are described in
../models.rs and ../endpoints.rs. Python needs what botocore needs: jmespath, python-dateutil and urllib3.
"""

import argparse
import gzip
import hashlib
import json
import pathlib
import struct
import subprocess
import sys
import tempfile
import zipfile
import zlib

sys.dont_write_bytecode = True
import endpoints

VERSION = "1.44.8"
SHA256 = "76342a76c338701db80dcb8afe1c9bd079283d6fffbb9d881442abb02a215043"
MODELS_MAGIC = b"runwright aws models 1\n"
ENDPOINTS_MAGIC = b"runwright aws endpoints 1\n"

# What a request, a response and their checks need of a service, a reference to a shape, and a shape.
METADATA = [
    "apiVersion", "auth", "awsQueryCompatible", "endpointPrefix", "jsonVersion", "protocol", "protocols", "serviceId",
    "signatureVersion", "signingName", "targetPrefix", "xmlNamespace",
]
OPERATION = ["auth", "authtype", "endpoint", "http", "httpChecksum", "httpChecksumRequired", "unsignedPayload"]
REFERENCE = [
    "eventpayload", "eventstream", "flattened", "hostLabel", "idempotencyToken", "jsonvalue", "location",
    "locationName", "queryName", "streaming", "timestampFormat", "xmlAttribute", "xmlNamespace",
]
SHAPE = [
    "document", "error", "eventstream", "exception", "flattened", "jsonvalue", "locationName", "min", "payload",
    "sensitive", "streaming", "timestampFormat", "union", "wrapper", "xmlNamespace",
]


def wheel():
    folder = tempfile.mkdtemp()
    package = f"botocore=={VERSION}"
    download = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--dest", folder, package]
    subprocess.run(download, check=True)
    [file] = pathlib.Path(folder).glob("*.whl")
    return file


def pick(source, names):
    return {name: source[name] for name in names if name in source}


def merge(target, extra):
    for name, value in extra.items():
        if isinstance(value, dict) and isinstance(target.get(name), dict):
            merge(target[name], value)
        else:
            target[name] = value


def read(archive, files, service):
    """The newest model of a service, with what botocore adds to it, and its endpoint rule set."""
    folder = f"botocore/data/{service}"
    latest = sorted({name.split("/")[3] for name in files if name.startswith(f"{folder}/") and "/service-2.json" in name})[-1]

    def document(kind):
        for name in [f"{folder}/{latest}/{kind}.json", f"{folder}/{latest}/{kind}.json.gz"]:
            if name in files:
                content = archive.read(name)
                return json.loads(gzip.decompress(content) if name.endswith(".gz") else content)
        return None

    model = document("service-2")
    extras = document("service-2.sdk-extras")
    if extras:
        merge(model, extras.get("merge", {}))
    return model, document("endpoint-rule-set-1")


def compact(model, method_name):
    """References are indexes into the list of shapes; a shape or reference without attributes is only its type or index."""
    indexes = {name: index for index, name in enumerate(model["shapes"])}

    def reference(source):
        attributes = pick(source, REFERENCE)
        index = indexes[source["shape"]]
        return [index, attributes] if attributes else index

    def shape(name, source):
        short = pick(source, SHAPE)
        if "members" in source:
            short["members"] = {member: reference(target) for member, target in source["members"].items()}
        for part in ["member", "key", "value"]:
            if part in source:
                short[part] = reference(source[part])
        if source.get("required"):
            short["required"] = source["required"]
        if "exception" in source or "error" in source:
            short["name"] = name
        return {"type": source["type"], **short} if short else source["type"]

    def operation(name, source):
        short = {"method": method_name(name), **pick(source, OPERATION)}
        if "input" in source:
            short["input"] = reference(source["input"])
        if "output" in source:
            short["output"] = reference(source["output"])
            if "resultWrapper" in source["output"]:
                short["resultWrapper"] = source["output"]["resultWrapper"]
        if "errors" in source:
            short["errors"] = [indexes[error["shape"]] for error in source["errors"]]
        return short

    return {
        "metadata": pick(model["metadata"], METADATA),
        "operations": {name: operation(name, source) for name, source in model["operations"].items()},
        "shapes": [shape(name, source) for name, source in model["shapes"].items()],
    }


def deflate(value):
    text = json.dumps(value, separators=(",", ":"), ensure_ascii=False).encode()
    compressor = zlib.compressobj(9, zlib.DEFLATED, -15)
    return compressor.compress(text) + compressor.flush()


def main():
    arguments = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    arguments.add_argument("--wheel", type=pathlib.Path)
    arguments.add_argument("--folder", type=pathlib.Path, default=pathlib.Path(__file__).parent)
    arguments = arguments.parse_args()
    file = arguments.wheel or wheel()
    if hashlib.sha256(file.read_bytes()).hexdigest() != SHA256:
        sys.exit(f"{file} is not botocore {VERSION}: its SHA-256 is another one")
    sys.path.insert(0, str(file))
    from botocore import xform_name

    source = f"botocore {VERSION}"
    index, blocks, offset, read_services = [], [], 0, []
    with zipfile.ZipFile(file) as archive:
        files = set(archive.namelist())
        services = sorted({name.split("/")[2] for name in files if name.startswith("botocore/data/") and "/service-2.json" in name})
        for service in services:
            model, rule_set = read(archive, files, service)
            block = deflate(compact(model, xform_name))
            index.append([service, offset, len(block)])
            blocks.append(block)
            offset += len(block)
            read_services.append((service, model, rule_set))
        partitions = json.loads(archive.read("botocore/data/partitions.json"))["partitions"]
    head = deflate({"source": source, "services": index})
    table = deflate(endpoints.table(source, partitions, read_services))
    write(arguments.folder / "models.bin", MODELS_MAGIC + struct.pack("<I", len(head)) + head + b"".join(blocks))
    write(arguments.folder / "endpoints.bin", ENDPOINTS_MAGIC + table)


def write(file, content):
    file.write_bytes(content)
    print(f"{file}: {len(content)} bytes")


if __name__ == "__main__":
    main()
