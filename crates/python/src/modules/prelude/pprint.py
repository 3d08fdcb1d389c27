def pformat(value, **options):
    return repr(value)


def pprint(value, *args, **options):
    print(repr(value))


pp = pprint
