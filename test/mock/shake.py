"""The shake: small random delays that change the order of concurrent requests and answers.

FTX_SHAKE=SEED in the environment, or KIND:SEED.  Nothing that a test expects may depend on it:

    few         one answer in five is late (the usual kind)
    most        all answers are late but one in five
    first       the first answer of each burst is late, those after it overtake it
    arrivals    one request in three arrives late, so that it is noted and served after later ones
    client      nothing here: bin/check makes the backends slow (../shake/slow_client.c)

Control endpoints are never late.
"""
import os
import random
import threading
import time

LATEST = 0.03       # seconds


class Shake:
    def __init__(self, text):
        kind, _, seed = text.rpartition(":")
        self.kind = kind or "few"
        if self.kind not in ("few", "most", "first", "arrivals", "client"):
            raise ValueError("FTX_SHAKE has no kind %s" % self.kind)
        self.seed = int(seed)
        self.lock = threading.Lock()
        self.randoms = {}

    def draw(self, world, share):
        """Seconds: more than 0 for this share of the calls.  Each world has numbers of its own."""
        with self.lock:
            if world.name not in self.randoms:
                self.randoms[world.name] = random.Random("%d %s" % (self.seed, world.name))
            chance, length = (self.randoms[world.name].random() for _ in range(2))
        return length * LATEST if chance < share else 0

    def before_arrival(self, world):
        self.wait(world, {"arrivals": 0.3}.get(self.kind, 0))

    def before_answer(self, world, record):
        first = self.kind == "first" and record["in_flight"] == 1
        self.wait(world, 1 if first else {"few": 0.2, "most": 0.8}.get(self.kind, 0))

    def wait(self, world, share):
        seconds = self.draw(world, share) if share else 0
        if seconds:
            time.sleep(seconds)


class Still:
    """No shake."""
    def before_arrival(self, world):
        pass

    def before_answer(self, world, record):
        pass


def from_environment():
    text = os.environ.get("FTX_SHAKE")
    return Shake(text) if text else Still()
