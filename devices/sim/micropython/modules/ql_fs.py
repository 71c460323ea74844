import os


def path_exists(path):
    try:
        os.stat(path)
        return True
    except OSError:
        return False


def path_dirname(path):
    return path.rsplit("/", 1)[0] or "/"


def path_getsize(path):
    return os.stat(path)[6]


def mkdirs(path):
    at = ""
    for part in path.strip("/").split("/"):
        at += "/" + part
        if not path_exists(at):
            os.mkdir(at)


def file_copy(to, source):
    with open(source, "rb") as src, open(to, "wb") as dst:
        while True:
            block = src.read(1024)
            if not block:
                return
            dst.write(block)
