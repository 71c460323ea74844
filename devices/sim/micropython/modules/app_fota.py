# Upgrade of user files (QuecPython's app_fota).
import json
import os
import _sim

_DIR = "/usr/.updater"


class _AppFota:
    def __init__(self):
        try:
            os.mkdir(_DIR)
        except OSError:
            pass

    def download(self, url, file_name):
        if _sim.call("fetch", url, _DIR + file_name) != 0:
            return -1
        stat = _DIR + "/download.stat"
        try:
            with open(stat) as f:
                entries = json.load(f)
        except (OSError, ValueError):
            entries = []
        size = os.stat(_DIR + file_name)[6]
        entries.append({"url": url, "name": file_name, "total_size": size})
        with open(stat, "w") as f:
            json.dump(entries, f)
        return 0

    def bulk_download(self, info):
        failed = [one for one in info if self.download(one["url"], one["file_name"]) != 0]
        return failed or None

    def set_update_flag(self):
        with open(_DIR + "/update.flag", "w") as f:
            f.write("1")


def new():
    return _AppFota()
