import math as _math


class StatisticsError(ValueError):
    pass


def mean(data):
    data = list(data)
    if not data:
        raise StatisticsError("mean requires at least one data point")
    total = sum(data)
    value = total / len(data)
    return int(value) if all(isinstance(x, int) for x in data) and value == int(value) else value


def fmean(data):
    data = list(data)
    return _math.fsum(data) / len(data)


def median(data):
    data = sorted(data)
    if not data:
        raise StatisticsError("no median for empty data")
    half = len(data) // 2
    return data[half] if len(data) % 2 else (data[half - 1] + data[half]) / 2


def variance(data):
    data = list(data)
    middle = sum(data) / len(data)
    return sum((x - middle) ** 2 for x in data) / (len(data) - 1)


def pvariance(data):
    data = list(data)
    middle = sum(data) / len(data)
    return sum((x - middle) ** 2 for x in data) / len(data)


def stdev(data):
    return _math.sqrt(variance(data))


def pstdev(data):
    return _math.sqrt(pvariance(data))


def mode(data):
    data = list(data)
    return max(data, key=data.count)
