"""The fota object of the reference, with what the test's orders change."""
import hashlib
import os
import sys
import time
import urllib.request

import bench

bench.missing('fota')
_flash = os.path.join(os.environ['FOLDER'], 'flash.bin')


class fota:
    def __init__(self, reset_disable=1):
        self._hold = reset_disable
        self._stop = False
        self._written = 0
        open(_flash, 'wb').close()

    def write(self, block, file_size):
        at = bench.orders().get('write_fails_at')
        if at is not None and self._written + len(block) > at:
            return -1
        with open(_flash, 'ab') as f:
            f.write(block)
        self._written += len(block)
        self._size = file_size
        return 0

    def flush(self):
        return bench.orders().get('flush', 0)

    def verify(self):
        with open(_flash, 'rb') as f:
            body = f.read()
        bench.keep(flashed=hashlib.sha256(body).hexdigest(), verified=True)
        result = bench.orders().get('verify', 0)
        if result == 0 and len(body) == self._size:
            bench.keep(accepted=True)
        return result if len(body) == self._size else -1

    def _get(self, url):
        bench.keep(asked=bench.state().get('asked', []) + [url])
        try:
            with urllib.request.urlopen(url) as r:
                return r.read()
        except OSError:
            return None

    def _download(self, urls, callback):
        orders = bench.orders()
        for url in urls:
            if orders.get('fetch', True) and self._get(url) is None:
                if callback:
                    callback([7, 1006])
                return -1
        for report in orders.get('reports', [[0, 0], [1, 30], [1, 75], [1, 100], [2, 0]]):
            if self._stop:
                return -1
            if report == 'restart':
                bench.restart()
            time.sleep(orders.get('pace', 0))
            if report == [2, 0] and orders.get('ret', 0) == 0:
                bench.keep(accepted=True)
            if callback:
                callback(report)
        if orders.get('ret', 0) == 0:
            bench.keep(accepted=True)
            if not (self._hold and not orders.get('hold_ignored')) and orders.get('restarts', True):
                time.sleep(orders.get('linger', 0.3))
                bench.restart()
        return orders.get('ret', 0)

    def httpDownload(self, url1=None, url2=None, callback=None, ssl_params=None):
        bench.keep(ssl_params=ssl_params)
        urls = [url for url in (url1, url2) if url]
        if bench.orders().get('dies'):
            bench.restart()
        if bench.orders().get('async'):
            import threading
            threading.Thread(target=self._download, args=(urls, callback), daemon=True).start()
            return bench.orders().get('started', 0)
        return self._download(urls, callback)

    def ftpDownload(self, url=None, callback=None):
        bench.keep(ftp_url=url)
        if 'raises' in bench.orders():
            raise OSError(bench.orders()['raises'] + ' ' + url)
        return self._download([], callback)

    def apn_set(self, fota_apn=None, ip_type=None, fota_user=None, fota_password=None):
        bench.keep(apn=[fota_apn, ip_type, fota_user, fota_password])
        return bench.orders().get('apn_set', 0)

    def download_cancel(self):
        self._stop = True
        return bench.orders().get('download_cancel', 0)


for _name in bench.orders().get('lacks', []):
    delattr(fota, _name)
sys.modules[__name__] = fota
