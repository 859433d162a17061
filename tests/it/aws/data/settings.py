"""Prints, by service, the variable and the key of the services section that can have its endpoint."""

import json
import sys

import botocore.session
from botocore.configprovider import ConfiguredEndpointProvider


class Keys(dict):
    """A services section that remembers what was looked for."""

    def get(self, key, default=None):
        self.found = key
        return default


def settings(name):
    section = Keys()
    provider = ConfiguredEndpointProvider({"services": {"s": section}}, {"services": "s"}, name, {})
    provider._get_services_config = lambda: section
    provider.provide()
    return [provider._get_service_env_var_name(), section.found]


services = botocore.session.get_session().get_available_services()
json.dump({name: settings(name) for name in services}, sys.stdout)
