# Prints bootstrap.py and bootstrap_failures.py, which are its arguments, compiled.
import binascii
import marshal

if VERSION:
    bootstrap, failures = (marshal.dumps(compile(text, "<string>", "exec", 0, True, 2)) for text in sys.argv[1:])
    print(binascii.b2a_base64(VERSION + marshal.dumps((bootstrap, failures))).decode().strip())
