# Key-value store of the firmware; a key that is not there is an error number.
import _sim


def get(key):
    if key == "_amp_customer_devicename" and _sim.call("info", "serial"):
        return _sim.call("info", "serial")
    return -2


getStorageSync = get
