"""Whether everything a job needs is there, and what to do where it is not.

Enters: where the config may be. Leaves: findings, each ok, a warning or a problem, with what to do. Promised: nothing
is written to the remote, no secret stands in a finding, and one problem never hides the others.

    finding   one finding, and the exit code of several
    here      this machine: config, folders, lock, memory, versions
    there     the remote: the way to it, credentials, rights, clock, rate
    examine   all of it, in order
"""

from syncjob.doctor.examine import Examined, examine
from syncjob.doctor.finding import Finding

__all__ = ["Examined", "Finding", "examine"]
