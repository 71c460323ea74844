# Firmware upgrade (Quectel's fota reference). Which methods exist depends on
# the model.
import _sim

_features = _sim.call("info", "features")


class fota:
    def __init__(self, reset_disable=0, **kwargs):
        self._hold = reset_disable == 1
        _sim.call("reset")

    def httpDownload(self, *, url1=None, url2=None, callback=None, **kwargs):
        ssl = kwargs.pop("ssl_params", None) if _features["TLS"] else None
        if kwargs:
            raise TypeError("unexpected keyword argument '%s'" % list(kwargs)[0])
        if not isinstance(url1, str):
            return -1
        urls = [url1]
        if url2 is not None:
            if not _features["Mini"]:
                return -1
            urls.append(url2)
        return _download(urls, self._hold, callback if url2 is None else None, ssl, url2 is not None)


def _download(urls, hold, callback, ssl, quiet):
    _sim.callback = callback
    order = {"urls": urls, "hold": hold, "quiet": quiet, "ssl": ssl}
    if _sim.call("download", order) != 0:
        return -1
    if _features["Started"]:
        return 0
    while True:
        event = _sim.call("event")
        if event is None:
            continue
        _sim.report(event)
        if event[2]:
            return event[3]


if _features["Local"]:

    def _write(self, data, *args):
        if len(args) != 1:
            return -1
        _sim.blob(data)
        verdict = _sim.call("write", args[0])
        if verdict == "MemoryError":
            raise MemoryError("memory allocation failed, allocating %d bytes" % len(data))
        return verdict

    fota.write = _write
    fota.flush = lambda self: _sim.call("flush")
    fota.verify = lambda self: _sim.call("verify")

if _features["FTP"]:

    def _ftp(self, *, url=None, callback=None):
        if not isinstance(url, str) or not url.startswith("ftp://"):
            return -1
        return _download([url], self._hold, callback, None, False)

    fota.ftpDownload = _ftp

if _features["APN"]:

    def _apn(self, *, fota_apn=None, ip_type=0, fota_user="", fota_password=""):
        return 0 if isinstance(fota_apn, str) and ip_type in (0, 1) else -1

    fota.apn_set = _apn

if _features["Cancel"]:
    fota.download_cancel = lambda self: _sim.call("cancel")
