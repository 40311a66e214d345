"""link.py - a host of its own for a server, behind a link of a given speed: a network namespace (needs root)."""
import contextlib
import os
import subprocess

NAME, HERE, THERE = "vonk-bench", "10.89.0.1", "10.89.0.2"


def possible():
    return os.geteuid() == 0 and not subprocess.run(["ip", "netns", "list"], capture_output=True).returncode


def ip(*arguments, check=True):
    subprocess.run(["ip", *arguments], check=check, stderr=None if check else subprocess.DEVNULL)


@contextlib.contextmanager
def link(gbit):
    """Yields the words to put before a command that is to run over there; there is THERE, here is HERE."""
    within = ["ip", "netns", "exec", NAME]
    ip("netns", "del", NAME, check=False)
    ip("netns", "add", NAME)
    try:
        ip("link", "add", "vonk-here", "type", "veth", "peer", "name", "vonk-there", "netns", NAME)
        ip("addr", "add", f"{HERE}/30", "dev", "vonk-here")
        ip("link", "set", "vonk-here", "up")
        ip("-n", NAME, "addr", "add", f"{THERE}/30", "dev", "vonk-there")
        ip("-n", NAME, "link", "set", "vonk-there", "up")
        ip("-n", NAME, "link", "set", "lo", "up")
        rate = ["rate", f"{gbit}gbit", "burst", "4mb", "latency", "20ms"]
        subprocess.run([*within, "tc", "qdisc", "add", "dev", "vonk-there", "root", "tbf", *rate], check=True)
        yield within
    finally:
        ip("link", "del", "vonk-here", check=False)
        ip("netns", "del", NAME, check=False)
