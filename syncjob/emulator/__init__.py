"""The remote, emulated on loopback: written from the documents, sharing no code with the client.

Behind one address answer the contacts and their lists, the ExoPhones of the same account, and SendMe123.

Two independent readings of the same documents can disagree, and that is the point. Where the documents are silent,
`Switches` holds a switch; where networks fail, `Faults` holds a script.
"""

from syncjob.emulator.emulator import Emulator
from syncjob.emulator.faults import Faults, Rule
from syncjob.emulator.log import Entry, Log
from syncjob.emulator.switches import Switches
from syncjob.emulator.wire import Reply, Request

__all__ = ["Emulator", "Entry", "Faults", "Log", "Reply", "Request", "Rule", "Switches"]
