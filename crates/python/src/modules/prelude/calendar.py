month_name = ["", "January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November", "December"]
day_name = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"]
month_abbr = [name[:3] for name in month_name]
day_abbr = [name[:3] for name in day_name]


def isleap(year):
    return year % 4 == 0 and (year % 100 != 0 or year % 400 == 0)


def monthrange(year, month):
    import datetime
    days = [31, 29 if isleap(year) else 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31][month - 1]
    return datetime.date(year, month, 1).weekday(), days


def timegm(parts):
    import datetime
    return (datetime.date(parts[0], parts[1], parts[2]).toordinal() - 719163) * 86400 + parts[3] * 3600 + parts[4] * 60 + parts[5]
