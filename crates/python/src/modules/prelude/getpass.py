def getuser():
    return "user"
