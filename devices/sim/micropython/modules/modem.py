import _sim


def getDevFwVersion():
    return _sim.call("info", "firmware")


def getDevModel():
    return _sim.call("info", "model")


def getDevImei():
    return _sim.call("info", "imei")


def getDevSN():
    return _sim.call("info", "serial")


def getDevProductId():
    return "Quectel"
