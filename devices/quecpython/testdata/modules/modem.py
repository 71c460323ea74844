import bench

bench.missing('modem')


def _answer(name, default):
    return bench.orders().get(name, default)


def getDevModel():
    return _answer('model', 'EC600N')


def getDevImei():
    return _answer('imei', '866340053221118')


def getDevSN():
    return _answer('serial', 'D1Q21I9000123')


def getDevProductId():
    return 'Quectel'


def getDevFwVersion():
    return bench.state().get('version', _answer('firmware', 'EC600NCNLCR03A11M16_OCPU_QPY_BETA0313'))
