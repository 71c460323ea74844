# Lets the board fetch a file by itself. The firmware calls plain functions only,
# no closures, and its garbage collector does not know that it keeps them: they
# stay global, as does _fb_s, which is what the callbacks have said.
import ota as _fb_ota

_fb_s = {'download': None, 'verify': None, 'upgrade': None}


def _fb_on_download(n):
    _fb_s['download'] = n


def _fb_on_verify(n):
    _fb_s['verify'] = n


def _fb_on_upgrade(n):
    _fb_s['upgrade'] = n


_fb_ota.on(2, _fb_on_download)
_fb_ota.on(3, _fb_on_verify)
_fb_ota.on(4, _fb_on_upgrade)
_fb_say([('ret', _fb_ota.download(_fb_a['order']))])
