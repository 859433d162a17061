"""An HTTPS server with a certificate of its own authority; it records what is posted to it.

Arguments: the port, the file for the certificate of the authority, and the file for the requests as JSON lines. A post to
/N is answered with the status N.
"""

import datetime
import http.server
import ipaddress
import json
import ssl
import sys
import tempfile

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

port, authority_file, requests_file = int(sys.argv[1]), sys.argv[2], sys.argv[3]


def certificate(subject, issuer, key, signing_key, extensions):
    name = lambda text: x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, text)])
    now = datetime.datetime.now(datetime.timezone.utc)
    day = datetime.timedelta(days=1)
    builder = x509.CertificateBuilder().subject_name(name(subject)).issuer_name(name(issuer)).public_key(key.public_key())
    builder = builder.serial_number(x509.random_serial_number()).not_valid_before(now - day).not_valid_after(now + day)
    for extension, is_critical in extensions:
        builder = builder.add_extension(extension, is_critical)
    return builder.sign(signing_key, hashes.SHA256())


def pem(certificate):
    return certificate.public_bytes(serialization.Encoding.PEM)


authority_key, key = (ec.generate_private_key(ec.SECP256R1()) for _ in range(2))
authority = certificate(
    "test authority", "test authority", authority_key, authority_key, [(x509.BasicConstraints(ca=True, path_length=None), True)]
)
names = x509.SubjectAlternativeName([x509.DNSName("localhost"), x509.IPAddress(ipaddress.ip_address("127.0.0.1"))])
leaf = certificate(
    "localhost", "test authority", key, authority_key, [(names, False), (x509.BasicConstraints(ca=False, path_length=None), True)]
)


class Handler(http.server.BaseHTTPRequestHandler):
    def do_POST(self):
        body = self.rfile.read(int(self.headers["content-length"])).decode()
        with open(requests_file, "a") as file:
            headers = {name.lower(): value for name, value in self.headers.items()}
            file.write(json.dumps({"path": self.path, "headers": headers, "body": body}) + "\n")
        answer = b'{"received": true}'
        self.send_response(int(self.path.strip("/")))
        self.send_header("content-length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    def log_message(self, *_):
        pass


server = http.server.ThreadingHTTPServer(("127.0.0.1", port), Handler)
context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
with tempfile.NamedTemporaryFile() as chain:
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    chain.write(private + pem(leaf))
    chain.flush()
    context.load_cert_chain(chain.name)
server.socket = context.wrap_socket(server.socket, server_side=True)
with open(authority_file, "wb") as file:
    file.write(pem(authority))
print("Running on", port, flush=True)
server.serve_forever()
