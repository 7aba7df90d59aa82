"""A gate between composer and server: at a moment to be named it holds back what the server says, or
what the client writes, until the test releases it. So a test has all the time it wants inside a
moment that lasts for microseconds otherwise."""

import socket
import threading

# The moment begins when the client has written this.
MOMENTS = {
    "greeting": b"",
    "ehlo": b"EHLO ",
    "tls": b"STARTTLS\r\n",
    "auth": b"AUTH ",
    "mail": b"MAIL FROM:",
    "rcpt": b"RCPT TO:",
    "data": b"DATA\r\n",
    "body": b"Subject: ",
    "end": b"\r\n.\r\n",
}
PIECE = 65536


class Gate:
    """Listens at PORT of 127.0.0.1 and hands on to BEHIND. HOLD is one of MOMENTS: from then on nothing
    goes to the client; in "body" nothing is read from it either, nor when HOLD is a number, and the
    client has written so many octets."""

    def __init__(self, port, behind, hold):
        self.behind, self.hold = behind, hold
        self.held = threading.Event()
        self.open = threading.Event()
        self._seen, self._count = b"", 0
        self._listener = socket.create_server(("127.0.0.1", port))
        threading.Thread(target=self._accept, daemon=True).start()

    def close(self):
        self._listener.shutdown(socket.SHUT_RDWR)  # which also wakes who waits in accept()
        self._listener.close()
        self.release()

    def release(self):
        self.open.set()

    def reached(self, patience):
        """Waits for the moment."""
        if not self.held.wait(patience):
            raise AssertionError(f"the moment {self.hold!r} never came")

    def _accept(self):
        while True:
            try:
                client, _ = self._listener.accept()
                server = socket.create_connection(("127.0.0.1", self.behind))
            except OSError:
                return
            if self.hold == "greeting":
                self.held.set()
            for function in (self._to_server, self._to_client):
                threading.Thread(target=self._carry, args=(function, client, server), daemon=True).start()

    @staticmethod
    def _carry(function, client, server):
        try:
            function(client, server)
        except OSError:
            pass  # one of them has gone; the other hears of it below
        for end in (client, server):
            try:
                end.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass

    def _looks(self, piece):
        """Notes what the client wrote, and whether this is the moment."""
        if self.held.is_set():
            return
        self._seen, self._count = (self._seen + piece)[-2 * PIECE:], self._count + len(piece)
        if self._count >= self.hold if isinstance(self.hold, int) else MOMENTS[self.hold] in self._seen:
            self.held.set()

    def _to_server(self, client, server):
        while piece := client.recv(PIECE):
            self._looks(piece)
            if self.held.is_set() and (self.hold == "body" or isinstance(self.hold, int)):
                self.open.wait()
            server.sendall(piece)

    def _to_client(self, client, server):
        while piece := server.recv(PIECE):
            # The reply to STARTTLS is still in the clear, and belongs to the moment before.
            if self.held.is_set() and not (self.hold == "tls" and piece.startswith(b"220 ")):
                self.open.wait()
            client.sendall(piece)
