#!/usr/bin/env python3
"""The eleven networks that every change must pass, in both ladder modes: cold, remembered,
and when what was learnt is over; and the five cases of a connection attempt on both families.

A new network is a row of lab/eleven.py; what its memory saves stands here. SYNs are counted
in the server's kernel.
"""

from lab import CASES, Lab, case, check_equal, main, message, test, without_outbox
from lab.eleven import ELEVEN, ON_25, ON_587, number
from lab.memory import age, count_attempts, held_against
from lab.network import ALL_PATHS

EVERY_MODE = ("race", "strict")

# By the network's number: what is learnt to cost time, and not tried again. In a race a
# silent IPv6 costs 0.25 s, which becomes worth remembering at the third time (test-memory.py).
SAVED = {
    (5, "race"): ON_587,
    (5, "strict"): ON_587,
    (6, "strict"): ("587/IPv6",),
    (7, "race"): ON_587,
    (7, "strict"): (*ON_587, "25/IPv6"),
    **{(which, mode): ("587/IPv6",) for which in (8, 11) for mode in EVERY_MODE},
}


def deliver(lab, network, mode):
    """One message, to arrive as it was sent; the run and the SYNs that it took."""
    text = message("Octet for octet:\r\n.\r\n..two\r\n\ttab, trailing \r\nGr\u00fc\u00dfe\r\n")
    before = len(lab.messages())
    sent, attempts = count_attempts(lab, lambda: lab.sendmail(text, options={"ladder": mode}))
    sent.check(status=0, path=network.path)
    stored, = lab.messages()[before:]
    check_equal(stored.octets, text.encode(), "message")
    check_equal((stored.sender, stored.recipients), ("alice@lab.test", ["bob@example.test"]), "envelope")
    check_equal(stored.user, None if network is number(9) else "alice", "login")
    if network.path not in ON_25:
        check_equal([path for path in attempts if path in ON_25], [], "attempts on 25")
    return sent, attempts


def three_times(which, mode):
    network, saved = number(which), set(SAVED.get((which, mode), ()))
    with Lab() as lab:
        network.prepare(lab)
        cold, first = deliver(lab, network, mode)
        check_equal(held_against(lab), saved, "what is held against paths")
        remembered, second = deliver(lab, network, mode)
        check_equal(second, dict.fromkeys(set(first) - saved, 1), f"SYNs of the second message (the first: {first})")
        if saved and not remembered.seconds < min(1, cold.seconds / 4):
            raise AssertionError(f"the second message took {remembered.seconds} s after {cold.seconds} s\n{remembered}")
        if saved:
            age(lab, 11)
            _, third = deliver(lab, network, mode)
            check_equal(set(third), set(first), f"paths tried when that is over (the first: {first})")


for each_number, each_network in enumerate(ELEVEN, 1):
    for each_mode in EVERY_MODE:
        test(f"network {each_network.title}, {each_mode}: cold, remembered, and when that is over",
             each_number, each_mode)(three_times)


# --- what is said of it -------------------------------------------------------

ERRNO = {
    "refused": {"ECONNREFUSED"},
    "prohibited": {"EHOSTUNREACH", "EACCES"},
    "unreachable": {"ENETUNREACH"},
}


def name_the_case(name, family):
    """One path alone, so that nothing but this attempt is there to be named."""
    with Lab() as lab:
        lab.firewall(case(name, "tcp dport 587"))
        lab.sink()
        sent = lab.send(options={"family": family.lower(), "ports": "587", "connect-timeout": "500ms"})
        if name == "accepted":
            sent.check(status=0, path=f"587/{family}", ends={f"587/{family}": "accepted"})
            return
        # An ICMP error over IPv4 may be EHOSTUNREACH for either case: then no more is said than is known.
        said = "unreachable" if (name, family) == ("prohibited", "IPv4") else name
        sent.check(status=75, ends={f"587/{family}": said})
        check_equal(sent.outcome["kind"], "transport", "outcome")
        if name in ERRNO and sent.one("attempt-ended")["errno"] not in ERRNO[name]:
            raise AssertionError(str(sent))
        check_equal(lab.attempts(), {f"587/{family}": 1}, "SYNs")


for each_case in CASES:
    for each_family in ("IPv6", "IPv4"):
        test(f"{each_case} over {each_family} is called so", each_case, each_family)(name_the_case)


@test("network 9: the outcome says that there was no login")
def _():
    with Lab() as lab:
        number(9).prepare(lab)
        sent = lab.send()
        sent.check(status=0, mechanisms=[None])
        check_equal(bool(sent.one("auth")["reason"]), True, "a reason")
        check_equal(sent.outcome["without-auth"], True, "outcome")
        check_equal("without logging in" in sent.errors, True, f"words in\n{sent}")


@test("network 9: auth = required makes that an error")
def _():
    with Lab() as lab:
        number(9).prepare(lab)
        sent = lab.send(options={"auth": "required"})
        sent.check(status=77)
        check_equal(lab.messages(), [], "messages")


@test("with every path silent the message says what each path answered")
def _():
    with Lab() as lab:
        lab.firewall(case("silent", "tcp dport { 25, 587 }"))
        sent = lab.send(options={"connect-timeout": "1s", "port-patience": "500ms"})
        sent.check(status=75, ends=dict.fromkeys(ALL_PATHS, "silent"))
        for path in ALL_PATHS:
            if path not in sent.said:
                raise AssertionError(f"{path} isn't named\n{sent}")


if __name__ == "__main__":
    without_outbox()
    main(at_once=12)
