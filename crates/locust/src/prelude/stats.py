import time as _time
from _locust import stats_entry as _entry, stats_names as _names, stats_failures as _failures, stats_clear as _clear

CSV_STATS_INTERVAL_SEC = 1
CSV_STATS_FLUSH_INTERVAL_SEC = 10
CONSOLE_STATS_INTERVAL_SEC = 2
HISTORY_STATS_INTERVAL_SEC = 5
CURRENT_RESPONSE_TIME_PERCENTILE_WINDOW = 10
STATS_NAME_WIDTH = 60
STATS_TYPE_WIDTH = 8
PERCENTILES_TO_REPORT = [0.50, 0.66, 0.75, 0.80, 0.90, 0.95, 0.98, 0.99, 0.999, 0.9999, 1.0]
PERCENTILES_TO_CHART = [0.5, 0.95]
PERCENTILES_TO_STATISTICS = [0.95, 0.99]
_NONE = (0, 0, 0.0, None, 0.0, 0, 0.0, 0.0, [], 0.0, 0.0)


class StatsEntry:
    def __init__(self, stats, name, method, use_response_times_cache=False):
        self.stats, self.name, self.method = stats, name, method

    def _read(self, at):
        found = _entry(None if self is self.stats.total else self.name, self.method)
        return (_NONE if found is None else found)[at]

    @property
    def num_requests(self):
        return self._read(0)

    @property
    def num_failures(self):
        return self._read(1)

    num_none_requests = 0

    @property
    def total_response_time(self):
        return self._read(2)

    @property
    def min_response_time(self):
        return self._read(3)

    @property
    def max_response_time(self):
        return self._read(4)

    @property
    def total_content_length(self):
        return self._read(5)

    @property
    def start_time(self):
        return self._read(6)

    @property
    def last_request_timestamp(self):
        return self._read(7)

    @property
    def response_times(self):
        return dict(self._read(8))

    @property
    def current_rps(self):
        return self._read(9)

    @property
    def current_fail_per_sec(self):
        return self._read(10)

    @property
    def fail_ratio(self):
        count = self.num_requests
        return self.num_failures / count if count else 0.0

    @property
    def avg_response_time(self):
        count = self.num_requests
        return self.total_response_time / count if count else 0

    @property
    def median_response_time(self):
        if not self.num_requests:
            return 0
        place, median, times = (self.num_requests - 1) / 2, 0, self.response_times
        for time in sorted(times):
            median = time
            if place < times[time]:
                break
            place -= times[time]
        # Rounding must not lead outside of what was measured.
        return self.max_response_time if median > self.max_response_time else self.min_response_time if median < self.min_response_time else median

    @property
    def avg_content_length(self):
        count = self.num_requests
        return self.total_content_length / count if count else 0

    @property
    def _seconds(self):
        # Rates are by the time of all requests, not by that of this name.
        total = self.stats.total
        return total.last_request_timestamp - total.start_time

    @property
    def total_rps(self):
        return self.num_requests / self._seconds if self._seconds > 0 else 0.0

    @property
    def total_fail_per_sec(self):
        return self.num_failures / self._seconds if self._seconds > 0 else 0.0

    def get_response_time_percentile(self, percent):
        wanted, passed = int(self.num_requests * percent), 0
        times = self.response_times
        for time in sorted(times, reverse=True):
            passed += times[time]
            if self.num_requests - passed <= wanted:
                return time
        return 0

    def get_current_response_time_percentile(self, percent):
        return self.get_response_time_percentile(percent)

    def to_dict(self):
        return {"method": self.method, "name": self.name, "num_requests": self.num_requests, "num_failures": self.num_failures,
                "avg_response_time": self.avg_response_time, "min_response_time": self.min_response_time or 0, "max_response_time": self.max_response_time,
                "current_rps": self.current_rps, "current_fail_per_sec": self.current_fail_per_sec, "median_response_time": self.median_response_time,
                "avg_content_length": self.avg_content_length, "safe_name": self.name}

    def to_string(self, current=True):
        rate = self.current_rps if current else self.total_rps
        return (f"{self.method or '':<8} {self.name:<60} {self.num_requests:>7} {self.num_failures:>6}({self.fail_ratio * 100:.2f}%) |"
                f"{self.avg_response_time:>7.0f}{self.min_response_time or 0:>8.0f}{self.max_response_time:>8.0f}{self.median_response_time or 0:>7.0f} |{rate:>7.2f}{self.total_fail_per_sec:>12.2f}")

    __str__ = to_string


class StatsError:
    def __init__(self, method, name, error, occurrences=0):
        self.method, self.name, self.error, self.occurrences = method, name, error, occurrences

    def to_name(self):
        return f"{self.method} {self.name}: {self.error}"

    def to_dict(self):
        return {"method": self.method, "name": self.name, "error": self.error, "occurrences": self.occurrences}


class RequestStats:
    def __init__(self, use_response_times_cache=True):
        self.total = StatsEntry(self, "Aggregated", "")
        self.history = []

    @property
    def entries(self):
        return {(name, method): StatsEntry(self, name, method) for name, method in _names()}

    @property
    def errors(self):
        return {f"{method}.{name}.{text}": StatsError(method, name, text, count) for method, name, text, count in _failures()}

    @property
    def num_requests(self):
        return self.total.num_requests

    @property
    def num_none_requests(self):
        return 0

    @property
    def num_failures(self):
        return self.total.num_failures

    @property
    def last_request_timestamp(self):
        return self.total.last_request_timestamp

    @property
    def start_time(self):
        return self.total.start_time

    def get(self, name, method):
        return StatsEntry(self, name, method)

    def reset_all(self):
        _clear()

    clear_all = reset_all

    def serialize_stats(self):
        return [entry.to_dict() for entry in self.entries.values() if entry.num_requests]

    def _refuse(self, *args, **kwargs):
        from _swarmgate import unsupported
        unsupported("writing into environment.stats (events.request.fire() counts what a script measured)")

    log_request = log_error = _refuse


def sort_stats(stats):
    return [stats[key] for key in sorted(stats)]


def print_stats(stats, current=True):
    for entry in sort_stats(stats.entries):
        print(entry.to_string(current))
    print(stats.total.to_string(current))


def get_readable_percentiles(percentiles):
    return [f"{int(p * 100) if (p * 100).is_integer() else round(100 * p, 6)}%" for p in percentiles]


def _unused(*args, **kwargs):
    from _swarmgate import unsupported
    unsupported("Locust's own printing of statistics (the report has them)")


stats_printer = stats_history = print_error_report = print_percentile_stats = StatsCSV = StatsCSVFileWriter = _unused
