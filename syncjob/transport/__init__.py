"""Single requests to one service: paced, retried where that is harmless, every failure in one of five classes.

Enters: method, path, query, body as bytes. Leaves: an `Answer`, or `errors.NotDelivered`, `ReplyLost`, `CallRefused`,
`RemoteRefused`. Promises: nothing is said to be undelivered unless that is proven, never above the rate, no secret in
any exception, event or repr, and nothing known here of contacts, rows or plans.

    calls     one request to its end: retry, the error classes, events, counts
    judging   one HTTP reply → an answer, or what went wrong, by tables
    gate      who may send, and when: concurrency, the rate, pauses
    ledger    the tempo that all runs of an account on this machine share, in a small file
    wire      one request over HTTP; the only importer of requests
    replies   what one try comes to: a reply as it came, or why there is none
    auth      the credentials
    addresses where requests may go at all
"""

from syncjob.transport.auth import Auth
from syncjob.transport.calls import Event, Stats, Transport
from syncjob.transport.judging import Answer

__all__ = ["Answer", "Auth", "Event", "Stats", "Transport"]
