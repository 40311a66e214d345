"""A proxy in front of an S3 server that does wrong, by a seed or by rules: for tests of retries.

What a request may meet: `500`, `503` (the server never sees it), `cut` (the connection ends before the answer),
`half` (it ends in the middle of the answer), `lost` (the server acts, its answer never arrives).
The Host header passes as it is, so signatures stay good.
"""
import random
import re
import socket
import socketserver
import threading

SLOW_DOWN = b"<Error><Code>%s</Code><Message>injected</Message></Error>"
FAULTS = ("500", "503", "cut", "half", "lost")


def read_request(stream):
    """(head, body) of the next request, or None at the end of the connection."""
    head = b""
    while not head.endswith(b"\r\n\r\n"):
        line = stream.readline(65537)
        if not line:
            return None
        head += line
    length = re.search(rb"(?i)\r\ncontent-length: *(\d+)", head)
    return head, stream.read(int(length.group(1))) if length else b""


class Handler(socketserver.StreamRequestHandler):
    def handle(self):
        try:
            while request := read_request(self.rfile):
                if not self.serve(*request):
                    return
        except OSError:
            pass  # the client went away

    def serve(self, head, body):
        """Whether the connection is still good."""
        line = head.split(b"\r\n", 1)[0].decode()
        method, path = line.split(" ")[:2]
        fault = self.server.fault_of(method, path)
        if fault in ("500", "503"):
            text = SLOW_DOWN % (b"InternalError" if fault == "500" else b"SlowDown")
            reply = b"HTTP/1.1 %s Injected\r\nContent-Length: %d\r\n\r\n" % (fault.encode(), len(text))
            self.wfile.write(reply + (b"" if method == "HEAD" else text))
            return True
        if fault == "cut":
            return False
        reply = self.forward(head, body)
        if fault == "lost":
            return False
        if fault == "half":
            self.wfile.write(reply[: len(reply) // 2])
            return False
        self.wfile.write(reply)
        return False

    def forward(self, head, body):
        """The server's whole answer."""
        head = re.sub(rb"(?i)\r\nconnection:[^\r]*", b"", head)
        head = head.replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n")
        with socket.create_connection(self.server.target, timeout=60) as upstream:
            upstream.sendall(head + body)
            reply = b""
            while data := upstream.recv(1 << 20):
                reply += data
        return reply


class FaultyProxy(socketserver.ThreadingTCPServer):
    """With `rate` of all requests going wrong. A rule is a function (method, path) -> fault or None."""

    daemon_threads = True
    allow_reuse_address = True
    request_queue_size = 128

    def __init__(self, target, rate=0.0, seed=1, faults=FAULTS, rule=None):
        host, port = target.split("//")[1].split(":")
        super().__init__(("127.0.0.1", 0), Handler)
        self.target, self.rate, self.faults, self.rule = (host, int(port)), rate, faults, rule
        self.dice, self.guard = random.Random(seed), threading.Lock()
        self.n_requests = self.n_faults = 0
        self.url = f"http://127.0.0.1:{self.server_address[1]}"
        threading.Thread(target=self.serve_forever, daemon=True).start()

    def fault_of(self, method, path):
        with self.guard:
            self.n_requests += 1
            fault = self.rule(method, path) if self.rule else None
            if not fault and self.dice.random() < self.rate:
                fault = self.dice.choice(self.faults)
            self.n_faults += bool(fault)
        return fault

    def stop(self):
        self.shutdown()
        self.server_close()
