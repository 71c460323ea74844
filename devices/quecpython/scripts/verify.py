# Drains the last block to flash, then asks for the device's verdict.
def _fb_verify(fota):
    flushed = fota.flush()
    if flushed != 0:
        return [('flush', flushed)]
    return [('flush', flushed), ('verify', fota.verify())]


_fb_say(_fb_verify(_fb_fota))
