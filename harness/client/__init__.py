"""The live client: token, stream, pipeline, gateway, sinks, in one loop; the same on live and replayed services.

    service -> link -> reader -> intake (bounded) -> pump -> pipeline -> observer (recorder), handle (audit, outbox)
                 ^                                     |
                 '------------- outgoing <-------------'

What each part promises stands in its module.
"""

from harness.client.client import MediationClient
from harness.client.options import AskJudge, ClientOptions, Observer

__all__ = ["AskJudge", "ClientOptions", "MediationClient", "Observer"]
