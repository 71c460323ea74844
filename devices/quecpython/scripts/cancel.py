# Asks the module to give its download up; only some models have the call.
_fb_say([('cancel', _fb_s['fota'].download_cancel())])
