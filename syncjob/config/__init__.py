"""The config: YAML and environment → a frozen, checked `Config`; every problem at once (CONTRACT 3).

Enters: a path, a mapping, a Config or nothing. Leaves: a `Config`, or `errors.ConfigError`. Importing this loads
neither pandas nor requests.
"""

from syncjob.config.checks import unused
from syncjob.config.finding import find, places
from syncjob.config.loading import load, restored
from syncjob.config.model import Config, schema
from syncjob.config.values import Choice, Rate, Share

__all__ = ["Choice", "Config", "Rate", "Share", "find", "load", "places", "restored", "schema", "unused"]
