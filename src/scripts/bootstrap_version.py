import sys

# The versions that compiled code belongs to, as the files have them that Python itself writes.
try:
    VERSION = sys.modules["_frozen_importlib_external"].MAGIC_NUMBER + sys.implementation.cache_tag.encode()
except Exception:
    VERSION = None  # another Python than CPython
