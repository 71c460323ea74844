import bench


class Power:
    @staticmethod
    def getVbatt():
        return bench.orders().get('millivolts', 3874)

    @staticmethod
    def powerRestart():
        if 'restart' in bench.orders():
            return bench.orders()['restart']
        bench.restart()
