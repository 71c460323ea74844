# HTTP client of the firmware (QuecPython's request), as far as files are fetched
# with it: no redirects, and content ends without a word when the line breaks.
import _sim


class Response:
    def __init__(self, number, status, headers, decode, sizeof):
        self._number = number
        self._decode = decode
        self._sizeof = sizeof
        self.status_code = status
        self.headers = headers

    @property
    def content(self):
        while True:
            block = _sim.raw("http.read", self._number, self._sizeof)
            if not block:
                return
            yield block.decode() if self._decode else block

    def close(self):
        _sim.call("http.close", self._number)


def get(url, data=None, headers=None, decode=True, sizeof=255, ssl_params=None):
    answer = _sim.call("http.open", url)
    if isinstance(answer, str):
        raise RuntimeError(answer)
    return Response(answer[0], answer[1], answer[2], decode, sizeof)
