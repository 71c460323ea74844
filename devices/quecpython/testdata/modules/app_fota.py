import os
import urllib.request

import bench

bench.missing('app_fota')
_stage = os.environ['FOLDER'] + '/usr/.updater'


class new:
    def download(self, url, file_name):
        import json
        where = _stage + file_name
        os.makedirs(os.path.dirname(where), exist_ok=True)
        try:
            with urllib.request.urlopen(url) as r:
                body = r.read()
        except OSError:
            return -1
        with open(where, 'wb') as f:
            f.write(body[:-1] if bench.orders().get('damage') else body)
        try:
            with open(_stage + '/download.stat') as f:
                known = json.load(f)
        except OSError:
            known = []
        known.append({'url': url, 'name': file_name, 'total_size': len(body)})
        with open(_stage + '/download.stat', 'w') as f:
            json.dump(known, f)
        return None if bench.orders().get('old_app_fota') else 0

    def bulk_download(self, info=()):
        failed = [item for item in info if self.download(item['url'], item['file_name']) == -1]
        return failed or None

    def set_update_flag(self):
        os.makedirs(_stage, exist_ok=True)
        with open(_stage + '/update.flag', 'w'):
            pass
