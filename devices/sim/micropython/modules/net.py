import _sim


def csqQueryPoll():
    return _sim.call("info", "signal")


def getState():
    return ([11, 26909, 232301323, 7, 0, 466], [0, 26909, 232301323, 7, 0, 0])
