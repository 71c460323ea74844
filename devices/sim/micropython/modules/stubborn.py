# A user program that swallows Ctrl-C.
import utime

while True:
    try:
        while True:
            print("working")
            utime.sleep_ms(100)
    except KeyboardInterrupt:
        print("no")
