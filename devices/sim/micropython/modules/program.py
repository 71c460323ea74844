# A user program as customers have them: it never ends and keeps printing.
import utime

count = 0
while True:
    count += 1
    print("sensor", count, "value", (count * 37) % 101)
    utime.sleep_ms(100)
