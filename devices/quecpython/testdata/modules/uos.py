import os

import bench

_folder = os.environ['FOLDER']


def uname():
    return tuple(bench.orders().get('uname', ['sysname=EC600N-CNLC', 'nodename=EC600N', 'release=1.13.0',
                                              'version=v1.12 on 2024-03-13', 'machine=EC600N with QUECTEL', 'qpyver=V0002']))


def statvfs(path):
    return (4096, 4096, 256, bench.orders().get('free_blocks', 128), 128, 0, 0, 0, 0, 255)


def remove(path):
    os.remove(_folder + path)


def mkdir(path):
    os.mkdir(_folder + path)
