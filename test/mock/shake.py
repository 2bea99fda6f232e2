"""The shake: small random delays that change the order of concurrent requests and answers.

FTX_SHAKE=SEED in the environment, or KIND:SEED; KIND can be several, with + between.  Nothing that a test expects may
depend on it:

    few         one answer in five is late (the usual kind)
    most        all answers are late but one in five
    first       the first answer of each burst is late, those after it overtake it
    arrivals    one request in three arrives late, so that it is noted and served after later ones
    reversed    of the answers that are ready at about the same time, those that were asked for last leave first, and
                so close together that a client may find them all at one look
    client      nothing here: bin/check makes the backends slow (../shake/slow_client.c)
    seldom      the same, slow to look: at each look they find all that came since

Control endpoints are never late.
"""
import os
import random
import threading
import time

LATEST = 0.03       # seconds

# Kinds, with the share of arrivals and of answers that are late.
KINDS = {"few": (0, 0.2), "most": (0, 0.8), "first": (0, 0), "arrivals": (0.3, 0), "reversed": (0, 0),
         "client": (0, 0), "seldom": (0, 0)}


class Shake:
    def __init__(self, text):
        kinds, _, seed = text.rpartition(":")
        self.kinds = (kinds or "few").split("+")
        for kind in self.kinds:
            if kind not in KINDS:
                raise ValueError("FTX_SHAKE has no kind %s" % kind)
        self.late_arrivals, self.late_answers = (max(KINDS[kind][i] for kind in self.kinds) for i in (0, 1))
        self.seed = int(seed)
        self.lock = threading.Lock()
        self.randoms = {}
        self.crowds = {}

    def draw(self, world, share):
        """Seconds: more than 0 for this share of the calls.  Each world has numbers of its own."""
        with self.lock:
            if world.name not in self.randoms:
                self.randoms[world.name] = random.Random("%d %s" % (self.seed, world.name))
            chance, length = (self.randoms[world.name].random() for _ in range(2))
        return length * LATEST if chance < share else 0

    def before_arrival(self, world):
        self.wait(world, self.late_arrivals)

    def before_answer(self, world, record):
        first = "first" in self.kinds and record["in_flight"] == 1
        self.wait(world, 1 if first else self.late_answers)
        if "reversed" in self.kinds:
            with self.lock:
                crowd = self.crowds.setdefault(world.name, Crowd())
            crowd.leave(record["n"], self.draw(world, 1) / 2)

    def wait(self, world, share):
        seconds = self.draw(world, share) if share else 0
        if seconds:
            time.sleep(seconds)


class Crowd:
    """Answers of a world that are ready.  The last one leaves when no other has come for a while, then those before."""

    def __init__(self):
        self.changed = threading.Condition()
        self.ready = []
        self.came = 0

    def leave(self, n, quiet):
        with self.changed:
            self.ready.append(n)
            self.came = time.monotonic()
            while True:
                if n != max(self.ready):
                    self.changed.wait()
                    continue
                left = self.came + quiet - time.monotonic()
                if left <= 0:
                    break
                self.changed.wait(left)
            self.ready.remove(n)
            # those that were before it find that it has been quiet for long enough, or nearly so
            self.changed.notify_all()


class Still:
    """No shake."""
    def before_arrival(self, world):
        pass

    def before_answer(self, world, record):
        pass


def from_environment():
    text = os.environ.get("FTX_SHAKE")
    return Shake(text) if text else Still()
