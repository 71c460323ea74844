import _sim


class Power:
    @staticmethod
    def powerRestart():
        _sim.call("restart")

    @staticmethod
    def powerDown():
        _sim.call("off")

    @staticmethod
    def powerOnReason():
        return 1

    @staticmethod
    def powerDownReason():
        return 0

    @staticmethod
    def getVbatt():
        return _sim.call("info", "battery")
