import machine, utime
machine.reset()
utime.sleep_ms(3000)
print('<<fb-' + 'stays>>')
