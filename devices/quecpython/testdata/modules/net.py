import bench


def csqQueryPoll():
    return bench.orders().get('csq', 24)
