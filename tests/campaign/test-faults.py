#!/usr/bin/env python3
"""A message's whole life, cut short and spoiled at every call that touches the disk or the
network. A sample by default, another one each day; `make campaign-faults` tries every place.
"""

import concurrent.futures
import os
import pathlib
import sys
import tempfile
import time

import life as lives
from life import Campaign, LIVES, TOP

sys.path.insert(0, str(TOP / "tests/lib"))
import tap  # noqa: E402

WHOLE = "CAMPAIGN" in os.environ
SEED = int(os.environ.get("SEED") or time.time() // 86400)
SAMPLE = 24   # places of each life
AT_ONCE = 4   # they wait for each other
REPEATS = 5   # a place that is reached by some runs only: what the network gives at a time varies
SHOWN = 5     # failures


class Faults:
    def __init__(self, folder):
        self.campaign = Campaign(folder)

    def choose(self, life):
        """What is tried of LIFE, and how many places it has."""
        places = self.campaign.places(life)
        step = life.every if WHOLE else max(life.every, len(places) // SAMPLE)
        return places[SEED % step::step], len(places)

    def insist(self, life, place):
        """A complaint, or None."""
        try:
            for _ in range(REPEATS):
                if self.campaign.try_place(life, place):
                    return None
        except Exception as error:  # noqa: BLE001, any is a finding
            return f"{life.title}, {place}: {error}"
        return f"{life.title}, {place}: never reached in {REPEATS} runs"

    def test(self, life):
        chosen, n = self.choose(life)
        began = time.monotonic()
        with concurrent.futures.ThreadPoolExecutor(AT_ONCE) as pool:
            complaints = list(pool.map(lambda place: self.insist(life, place), chosen))
        print(f"# {life.title}: {len(complaints)} of {n} places tried, {time.monotonic() - began:.1f} s")
        if WHOLE and life.every == 1:
            tap.check_equal(len(complaints), n, "places tried")
        complaints = [each for each in complaints if each]
        if complaints:
            raise AssertionError("\n".join([f"{len(complaints)} failed", *complaints[:SHOWN]]))


def main():
    probe = lives.subprocess.run([lives.INJECT, "--", "true"], check=False, capture_output=True,
                                 env=os.environ | lives.TRACEABLE)
    if probe.returncode != 0:
        tap.skip_all(f"calls can't be traced here: {probe.stderr.decode().strip() or probe.returncode}")
    with tempfile.TemporaryDirectory(prefix="toukan-faults-", dir=os.environ.get("FAULTS_DIR")) as folder:
        faults = Faults(pathlib.Path(folder))
        for each in LIVES:
            tap.test(f"{each.title}: every recipient once, or shown in doubt, or said to be refused", each)(faults.test)
        print(f"# seed {SEED}")
        try:
            tap.main()
        finally:
            faults.campaign.stop()


if __name__ == "__main__":
    main()
