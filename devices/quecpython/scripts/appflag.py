# Tells the boot code to install what is staged.
import app_fota as _fb_app

_fb_say([('flag', _fb_app.new().set_update_flag()), ('done', 1)])
