"""All of it, in the order in which things rest on one another; one problem never hides the others."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from syncjob.behaviour import Behaviour
from syncjob.config import Config, load
from syncjob.doctor.finding import Finding, exit_code_of, from_error
from syncjob.doctor.here import look_at_config, look_at_results, look_at_state, look_at_versions
from syncjob.doctor.there import look_at_remote
from syncjob.errors import ConfigError
from syncjob.memory import Memory


@dataclass(frozen=True)
class Examined:
    """What was found, by which config (None: it can't be used), and what is known of the account."""

    findings: tuple[Finding, ...]
    config: Config | None = None
    behaviour: Behaviour = field(default_factory=Behaviour)

    @property
    def exit_code(self) -> int:
        """2, 6 or 1 for the gravest problem, 0 where there is none."""
        return exit_code_of(self.findings)


def examine(given: str | None, env: Mapping[str, str], now: datetime) -> Examined:
    """Look at everything that a job of the config `given` (None: the first found) needs."""
    try:
        config = load(given, env=env)
    except ConfigError as error:
        return Examined((*from_error("config", error), *look_at_versions()))
    state, account = look_at_state(config, now)
    findings = [*look_at_config(config, env), *state, *look_at_results(config)]
    findings += [*look_at_remote(config, account), *look_at_versions()]
    if account is None:
        return Examined(tuple(findings), config)
    memory = Memory(account)
    try:
        return Examined(tuple(findings), config, memory.behaviour)
    finally:
        memory.close()
