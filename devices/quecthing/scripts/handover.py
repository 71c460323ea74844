# Hands firmware to the customer's function, which installs it, and asks the same
# function for the version that runs then.
def _fb_hand(a):
    function = getattr(__import__(a['module']), a['function'])
    function(a['path'])
    return [('version', function(None))]


_fb_say(_fb_hand(_fb_a))
