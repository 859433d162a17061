"""Writes requirements.txt: the newest boto3 with all it needs, each with its version and the hash of its wheel.

    python3 src/scripts/interpreter/pin.py

Needs pip and the package index. Each package must have one wheel for all systems, without compiled code.
"""

import hashlib
import pathlib
import subprocess
import sys
import tempfile

HEAD = """\
# The packages of the private Python environment: boto3 with all it needs. Written by pin.py.
"""


def main():
    lines = []
    with tempfile.TemporaryDirectory() as folder:
        pip = [sys.executable, "-m", "pip", "download", "--quiet", "--only-binary", ":all:"]
        subprocess.run([*pip, "--dest", folder, "boto3"], check=True)
        for wheel in sorted(pathlib.Path(folder).iterdir()):
            name, version, *_, platform = wheel.stem.split("-")
            if platform != "any":
                raise SystemExit(f"{wheel.name} has compiled code")
            digest = hashlib.sha256(wheel.read_bytes()).hexdigest()
            lines.append(f"{name.replace('_', '-')}=={version} --hash=sha256:{digest}\n")
    target = pathlib.Path(__file__).parent / "requirements.txt"
    target.write_text(HEAD + "".join(lines))


if __name__ == "__main__":
    main()
