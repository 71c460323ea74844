def waitNetworkReady(timeout=30):
    return (3, 1)


def wait_network_connected(timeout=30):
    return (3, 1)
