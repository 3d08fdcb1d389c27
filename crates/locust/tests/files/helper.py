def paths():
    return ["/a", "/b"]
