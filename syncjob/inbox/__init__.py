"""The drop folder as a place: what in it is complete, what was taken, and where it goes with its results.

What enters: a folder that people put spreadsheets into. What leaves: files to run, and afterwards `done/` and `failed/`
with each file and its results. Promised: a file still being written stays where it is, nothing is ever overwritten, and
a kill between any two steps leaves what the next pass needs to go on.
"""

from syncjob.inbox.looking import Found, look
from syncjob.inbox.shelf import Card, Place, Shelf

__all__ = ["Card", "Found", "Place", "Shelf", "look"]
