# Closes the staged file: an open one cannot be removed or installed.
_fb_file.close()
_fb_say([('closed', 1)])
