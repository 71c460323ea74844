/* Drops files on a window as a file manager does, by version 5 of XDND
 * (https://www.freedesktop.org/wiki/Specifications/XDND/): drop WINDOW FILE-URL…
 * Ends with 0 once the window has said that it took them; whoever runs it ends it
 * when that takes too long. */
#include <X11/Xatom.h>
#include <X11/Xlib.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static Display *display;
static Window source, target;

static Atom atom(const char *name) { return XInternAtom(display, name, False); }

static void say(const char *type, long a, long b, long c, long d) {
	XEvent e = {.xclient = {.type = ClientMessage, .window = target, .message_type = atom(type), .format = 32}};
	long data[5] = {(long)source, a, b, c, d};
	memcpy(e.xclient.data.l, data, sizeof data);
	XSendEvent(display, target, False, NoEventMask, &e);
}

/* give hands the list of files over, for which the window asks after the drop. */
static void give(XSelectionRequestEvent *asked, const char *files) {
	XChangeProperty(display, asked->requestor, asked->property, asked->target, 8, PropModeReplace, (const unsigned char *)files, (int)strlen(files));
	XEvent e = {.xselection = {.type = SelectionNotify, .requestor = asked->requestor, .selection = asked->selection,
		.target = asked->target, .property = asked->property, .time = asked->time}};
	XSendEvent(display, asked->requestor, False, NoEventMask, &e);
}

int main(int count, char **args) {
	char files[65536] = "";
	if (count < 3 || !(display = XOpenDisplay(NULL))) {
		fputs("drop: WINDOW FILE-URL… on a display\n", stderr);
		return 2;
	}
	target = strtoul(args[1], NULL, 0);
	for (int i = 2; i < count; i++) {
		if (strlen(files) + strlen(args[i]) + 3 > sizeof files)
			return 2;
		strcat(strcat(files, args[i]), "\r\n");
	}
	Window root = DefaultRootWindow(display), child;
	int x, y;
	source = XCreateSimpleWindow(display, root, 0, 0, 1, 1, 0, 0, 0);
	XSetSelectionOwner(display, atom("XdndSelection"), source, CurrentTime);
	XTranslateCoordinates(display, target, root, 200, 200, &x, &y, &child);
	say("XdndEnter", 5L << 24, (long)atom("text/uri-list"), None, None);
	say("XdndPosition", 0, (long)x << 16 | y, CurrentTime, (long)atom("XdndActionCopy"));
	for (;;) {
		XEvent e;
		XNextEvent(display, &e);
		if (e.type == SelectionRequest) {
			give(&e.xselectionrequest, files);
		} else if (e.type == ClientMessage && e.xclient.message_type == atom("XdndStatus")) {
			if (!(e.xclient.data.l[1] & 1))
				return 1;
			say("XdndDrop", 0, CurrentTime, 0, 0);
		} else if (e.type == ClientMessage && e.xclient.message_type == atom("XdndFinished")) {
			return !e.xclient.data.l[1]; /* GLFW 3.4 says how many bytes it read, not 1 */
		}
	}
}
