/* Waits until a program has heard all that was given to a window of it before, keys as well:
 * heard WINDOW. It asks as window managers ask who is still alive (_NET_WM_PING of
 * https://specifications.freedesktop.org/wm-spec), and a program is asked in turn.
 * Ends with 0 once it has answered; whoever runs it ends it when that takes too long. */
#include <X11/Xlib.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

int main(int count, char **args) {
	Display *display;
	if (count != 2 || !(display = XOpenDisplay(NULL))) {
		fputs("heard: WINDOW on a display\n", stderr);
		return 2;
	}
	Window root = DefaultRootWindow(display), window = strtoul(args[1], NULL, 0);
	Atom protocols = XInternAtom(display, "WM_PROTOCOLS", False), ping = XInternAtom(display, "_NET_WM_PING", False);
	long mine = (long)getpid(); /* tells the answers to others from ours */
	XSelectInput(display, root, SubstructureNotifyMask);
	XEvent e = {.xclient = {.type = ClientMessage, .window = window, .message_type = protocols, .format = 32,
		.data.l = {(long)ping, mine, (long)window, 0, 0}}};
	XSendEvent(display, window, False, NoEventMask, &e);
	for (;;) {
		XNextEvent(display, &e);
		if (e.type == ClientMessage && e.xclient.message_type == protocols && e.xclient.window == root &&
			(Atom)e.xclient.data.l[0] == ping && e.xclient.data.l[1] == mine && (Window)e.xclient.data.l[2] == window)
			return 0;
	}
}
