"""Strangers at the driver's door: bytes that are no message, and silence. The job does not notice."""
import os
import pathlib
import random
import socket
import unittest

from harness import QUERY, FaultTest, wait_for


def listening_ports(pid):
    """The TCP ports on which process `pid` listens, over IPv4 or IPv6."""
    inodes = set()
    for entry in pathlib.Path(f"/proc/{pid}/fd").iterdir():
        try:
            target = os.readlink(entry)
        except OSError:
            continue
        if target.startswith("socket:["):
            inodes.add(target[8:-1])
    ports = set()
    for table in ("tcp", "tcp6"):
        path = pathlib.Path(f"/proc/{pid}/net/{table}")
        if not path.exists():
            continue
        for line in path.read_text().splitlines()[1:]:
            fields = line.split()
            if fields[3] == "0A" and fields[9] in inodes:
                ports.add(int(fields[1].rsplit(":", 1)[1], 16))
    return ports


class Peers(FaultTest):
    def test_noise_at_each_port_changes_nothing(self):
        noise = random.Random(7)
        child = self.start(*self.sql_arguments([QUERY], "local-cluster[2,1]"))
        pids = self.wait_for_busy_executors(child, 2)
        open_sockets = []
        for pid in [child.pid, *pids]:
            ports = wait_for(f"ports of {pid}", lambda pid=pid: listening_ports(pid))
            for port in ports:
                for size in (0, 1, 8, 100, 70000):
                    peer = socket.create_connection(("127.0.0.1", port), timeout=10)
                    open_sockets.append(peer)
                    try:
                        peer.sendall(b"\0SP\0\0\x31\0\0" * (size > 8) + noise.randbytes(size))
                    except OSError:
                        pass  # refused at once: as good as ignored
        self.assert_right(child)
        for peer in open_sockets:
            peer.close()
        self.assert_nothing_left(pids)


if __name__ == "__main__":
    unittest.main()
