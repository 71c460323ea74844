# A user program that turns Ctrl-C off.
import micropython
import utime

micropython.kbd_intr(-1)
while True:
    print("working")
    utime.sleep_ms(100)
