"""This machine: where the config came from, whether the folders can be used, who holds the lock, which versions.

Enters: a config. Leaves: findings. Promised: what is tried is what a run needs, and every trace of it is removed.
"""

from __future__ import annotations

import os
import platform
import re
import shutil
from collections.abc import Mapping
from datetime import datetime
from importlib.metadata import PackageNotFoundError, requires, version
from pathlib import Path

from syncjob.behaviour import QUESTIONS
from syncjob.config import Config, places
from syncjob.doctor.finding import Finding, from_error, ok, problem, warning
from syncjob.errors import LockHeld, SyncjobError
from syncjob.job.canary import AGAIN, trace_of
from syncjob.job.finishing import probe_results
from syncjob.memory import Memory
from syncjob.state import Account, locked, open_account

NETWORK = re.compile(r"nfs\d?|cifs|smb\w*|9p|afs|ceph|glusterfs|lustre|fuse\.(sshfs|s3fs|rclone|gcsfuse)|davfs2?")
FLEETING = {"tmpfs", "ramfs"}
LITTLE = 200 * 2**20
"""Bytes: with less room a run may not get to its end."""
STALE_DAYS = 180
"""After half a year a service may have changed."""

MOUNTS = Path("/proc/self/mounts")


def look_at_config(config: Config, env: Mapping[str, str]) -> list[Finding]:
    """Which config it is, and whether a secret lies open in it."""
    path = config.path
    if path is None:
        return [ok("config", f"Job {config.job}.")]
    found = [ok("config", f"{path}, job {config.job}.")]
    shadowed = [str(place) for place in places(env) if place.is_file() and not place.samefile(path)]
    if shadowed:
        found.append(ok("config", f"Only one config counts; not read: {', '.join(shadowed)}."))
    if os.name == "posix" and path.stat().st_mode & 0o077 and _holds_a_secret(path, config):
        found.append(
            warning(
                "config",
                f"A key or token stands in {path}, and others on this machine can read it.",
                f"Take it out (${{NAME}} or ${{file:PATH}}), or: chmod 600 {path}",
            )
        )
    return found


def _holds_a_secret(path: Path, config: Config) -> bool:
    text = path.read_text(encoding="utf-8-sig")
    secrets = (config.remote.api_key, config.remote.api_token)
    return any(secret.get_secret_value() in text for secret in secrets if secret and secret.get_secret_value())


def look_at_state(config: Config, now: datetime) -> tuple[list[Finding], Account | None]:
    """The state folder, the lock, and what is remembered; the account's folder where it can be used."""
    try:
        account = open_account(config.state_dir, config.remote.identity)
        found = [*look_at_folder("state", config.state_dir), *_look_at_lock(account, now)]
        memory = Memory(account)
    except SyncjobError as error:
        return from_error("state", error), None
    try:
        return [*found, *_look_at_memory(memory, config, now)], account
    finally:
        memory.close()


def look_at_folder(check: str, folder: Path) -> list[Finding]:
    """Whether a folder can be written to, and on what kind of disk it lies."""
    trial = folder / f".doctor-{os.getpid()}"
    try:
        with trial.open("wb") as file:
            file.write(b"syncjob")
            file.flush()
            os.fsync(file.fileno())
        free = shutil.disk_usage(folder).free
    except OSError as error:
        do = f"Mend its permissions or make room, or name another folder under {check}: dir."
        return [problem(check, f"{folder} can't be written to: {error.strerror or error}.", do, 1)]
    finally:
        trial.unlink(missing_ok=True)
    kind = filesystem(folder.resolve(), _mounts())
    where = f"{folder} can be written to ({f'{kind}, ' if kind else ''}{_size(free)} free)."
    return [ok(check, where), *_doubts(check, folder, kind, free)]


def _doubts(check: str, folder: Path, kind: str, free: int) -> list[Finding]:
    found = []
    if check == "state" and NETWORK.fullmatch(kind):
        says = f"{folder} lies on a network disk ({kind}), where locks and the journal can't be relied on."
        found.append(warning(check, says, "Name a folder on a local disk under state: dir."))
    if check == "state" and kind in FLEETING:
        says = f"{folder} lies in memory ({kind}): after a restart nothing is known of earlier runs."
        found.append(warning(check, says, "Name a folder on a disk under state: dir."))
    if free < LITTLE:
        found.append(warning(check, f"Only {_size(free)} are free where {folder} lies.", "Make room."))
    if check == "state" and os.name == "posix" and folder.stat().st_mode & 0o077:
        says = f"Others on this machine can look into {folder}, which holds phone numbers."
        found.append(warning(check, says, f"chmod 700 {folder}"))
    return found


def filesystem(folder: Path, mounts: str) -> str:
    """The kind of file system that `folder` lies on, by the lines of /proc/self/mounts; "" where it can't be told."""
    best, kind = Path(), ""
    for line in mounts.splitlines():
        parts = line.split()
        place = Path(parts[1].replace("\\040", " ")) if len(parts) > 2 else None
        if place and folder.is_relative_to(place) and len(place.parts) >= len(best.parts):
            best, kind = place, parts[2]
    return kind


def _mounts() -> str:
    try:
        return MOUNTS.read_text(errors="replace")
    except OSError:
        return ""


def _size(count: int) -> str:
    return f"{count / 2**30:,.1f} GB" if count >= 2**30 else f"{count / 2**20:,.0f} MB"


def _look_at_lock(account: Account, now: datetime) -> list[Finding]:
    """Who is at work. The lock is tried only where somebody signed it, so no run that starts now finds it taken."""
    if (account.folder / "lock.json").exists():
        try:
            with locked(account, "doctor", wait_minutes=0, now=now):
                pass
        except LockHeld as error:
            return [ok("lock", f"{error.message} A run that starts now would wait for it, or end with exit 7.")]
    return [ok("lock", "No other run is at work on this account.")]


def _look_at_memory(memory: Memory, config: Config, now: datetime) -> list[Finding]:
    runs = memory.runs(config.job)
    ended = [run for run in runs if run.state == "ended"]
    last = f"; the last ended {ended[0].ended} with exit {ended[0].exit_code}" if ended else ""
    found = [ok("memory", f"{len(runs):,} runs of job {config.job} are remembered{last}.")]
    for run in memory.open_runs(config.job):
        says = f"Run {run.run_id} was interrupted, or is at work."
        found.append(warning("memory", says, "syncjob resume finishes it; the next syncjob run settles it first."))
    left = trace_of(memory)
    if left:
        says = f"A probe was interrupted, and its contact {left.number} may still be there."
        found.append(warning("memory", says, AGAIN))
    return [*found, *_look_at_behaviour(memory, now)]


def _look_at_behaviour(memory: Memory, now: datetime) -> list[Finding]:
    behaviour = memory.behaviour
    if not behaviour.learned:
        return [ok("behaviour", "Not probed: where the documents are silent, a job assumes nothing.")]
    at = datetime.fromisoformat(behaviour.learned)
    says = f"{len(behaviour.answers)} of {len(QUESTIONS)} questions were answered by the probe of {at:%Y-%m-%d %H:%M}."
    if (now - at).days > STALE_DAYS:
        return [warning("behaviour", says, "That is long ago; ask again: syncjob doctor --probe NUMBER")]
    return [ok("behaviour", says)]


def look_at_results(config: Config) -> list[Finding]:
    """The results folder, tried as a run tries it."""
    try:
        probe_results(config, None)
    except SyncjobError as error:
        return from_error("results", error)
    return look_at_folder("results", config.results.dir)


def look_at_versions() -> list[Finding]:
    """Python, syncjob, and the packages it rests on."""
    names = [re.split(r"[<>=!~;\[ ]", need)[0] for need in requires("syncjob") or () if "extra ==" not in need]
    told = ", ".join(f"{name} {_version(name)}" for name in names)
    return [
        ok("versions", f"syncjob {_version('syncjob')}, Python {platform.python_version()}, {platform.platform()}."),
        ok("versions", f"{told}."),
    ]


def _version(name: str) -> str:
    try:
        return version(name)
    except PackageNotFoundError:
        return "missing"
