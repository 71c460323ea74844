"""What the stand-in modules share: the orders of the test and the state that
outlives a restart, both as JSON in the device's folder."""
import json
import os

folder = os.environ['FOLDER']


def orders():
    with open(os.path.join(folder, 'orders.json')) as f:
        return json.load(f)


def state():
    try:
        with open(os.path.join(folder, 'state.json')) as f:
            return json.load(f)
    except OSError:
        return {}


def keep(**changes):
    s = state()
    s.update(changes)
    with open(os.path.join(folder, 'state.tmp'), 'w') as f:
        json.dump(s, f)
    os.replace(os.path.join(folder, 'state.tmp'), os.path.join(folder, 'state.json'))


def missing(name):
    if name in orders().get('missing', []):
        raise ImportError("no module named '%s'" % name)


def restart():
    """Boots: what was accepted is installed, then the process ends."""
    import shutil
    s = state()
    keep(restarts=s.get('restarts', 0) + 1)
    if s.get('accepted') and not orders().get('boots_old'):
        keep(version=orders()['target'], accepted=False)
    staging = folder + '/usr/.updater'
    if os.path.exists(staging + '/update.flag'):
        with open(staging + '/download.stat') as f:
            for item in json.load(f):
                shutil.copy(staging + item['name'], folder + item['name'])
        shutil.rmtree(staging)
    os._exit(0)
