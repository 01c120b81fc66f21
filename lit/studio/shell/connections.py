"""Connections that end when nothing comes: half a request holds a place that somebody else could have."""

import h11
import uvicorn
from uvicorn.protocols.http.h11_impl import H11Protocol

QUIET = 20.0  # seconds within which a request says what it wants, and its body goes on
BODY = 300.0  # seconds within which the body is there: 20 MB by a slow line


class Patient(H11Protocol):
    """uvicorn's HTTP/1.1, which itself waits for ever for the rest of a request."""

    def connection_made(self, transport):
        super().connection_made(transport)
        self._state, self._timer, self._latest = None, None, 0.0
        self._watch()

    def data_received(self, data):
        super().data_received(data)
        self._watch()

    def connection_lost(self, exc):
        self._stop_waiting()
        super().connection_lost(exc)

    def _watch(self):
        """A clock while a part of the request is not there yet: from the start of its head, for each part of its
        body anew."""
        state, now = self.conn.their_state, self.loop.time()
        if state is not self._state:
            self._latest = now + BODY
        elif state is not h11.SEND_BODY:
            return
        self._state = state
        self._stop_waiting()
        if state in (h11.IDLE, h11.SEND_BODY) and not self.transport.is_closing():
            self._timer = self.loop.call_at(min(now + QUIET, self._latest), self.transport.close)

    def _stop_waiting(self):
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None


def config(app, **options) -> uvicorn.Config:
    """How the studio is served. options: for uvicorn, beside these."""
    return uvicorn.Config(app, http=Patient, server_header=False, **options)
