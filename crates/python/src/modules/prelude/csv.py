QUOTE_MINIMAL = 0
QUOTE_ALL = 1
QUOTE_NONNUMERIC = 2
QUOTE_NONE = 3


class Error(Exception):
    pass


class Dialect:
    delimiter = ","
    quotechar = '"'
    skipinitialspace = False


class excel(Dialect):
    pass


class excel_tab(Dialect):
    delimiter = "\t"


_DIALECTS = {"excel": excel, "excel-tab": excel_tab, "unix": excel}


class reader:
    def __init__(self, lines, dialect="excel", delimiter=None, quotechar=None, skipinitialspace=None, **others):
        kind = _DIALECTS[dialect] if isinstance(dialect, str) else dialect
        self.delimiter = delimiter or kind.delimiter
        self.quote = quotechar or kind.quotechar
        self.skips = kind.skipinitialspace if skipinitialspace is None else skipinitialspace
        self.quoting = others.get("quoting", QUOTE_MINIMAL)
        self.lines = iter(lines)
        self.line_num = 0

    def __iter__(self):
        return self

    def __next__(self):
        line = next(self.lines)
        self.line_num += 1
        row, field, at, quoted, any_quote = [], [], 0, False, False
        while True:
            if quoted:
                end = line.find(self.quote, at)
                if end < 0:
                    field.append(line[at:])
                    try:
                        line = next(self.lines)
                    except StopIteration:
                        row.append("".join(field))
                        return row
                    self.line_num += 1
                    at = 0
                    continue
                field.append(line[at:end])
                if line[end + 1:end + 2] == self.quote:
                    field.append(self.quote)
                    at = end + 2
                else:
                    quoted = False
                    at = end + 1
                continue
            if self.skips and not field:
                while line[at:at + 1] == " ":
                    at += 1
            if not field and line[at:at + 1] == self.quote and self.quoting != QUOTE_NONE:
                quoted = any_quote = True
                field = [""]
                at += 1
                continue
            end = line.find(self.delimiter, at)
            if end < 0:
                text = "".join(field) + line[at:].rstrip("\r\n")
                if not row and not text and not any_quote:
                    return []
                row.append(text)
                return row
            row.append("".join(field) + line[at:end])
            field = []
            at = end + 1


class DictReader:
    def __init__(self, lines, fieldnames=None, restkey=None, restval=None, dialect="excel", **options):
        self.reader = reader(lines, dialect, **options)
        self._fieldnames = fieldnames
        self.restkey = restkey
        self.restval = restval

    @property
    def fieldnames(self):
        if self._fieldnames is None:
            try:
                self._fieldnames = next(self.reader)
            except StopIteration:
                pass
        return self._fieldnames

    @property
    def line_num(self):
        return self.reader.line_num

    def __iter__(self):
        return self

    def __next__(self):
        names = self.fieldnames
        row = next(self.reader)
        while row == []:
            row = next(self.reader)
        found = dict(zip(names, row))
        if len(row) > len(names):
            found[self.restkey] = row[len(names):]
        for name in names[len(row):]:
            found[name] = self.restval
        return found


class writer:
    def __init__(self, file, dialect="excel", delimiter=",", quotechar='"', lineterminator="\r\n", quoting=QUOTE_MINIMAL, **others):
        self.file = file
        self.delimiter = delimiter
        self.quote = quotechar
        self.end = lineterminator
        self.quoting = quoting

    def _field(self, value):
        text = "" if value is None else str(value)
        special = any(part in text for part in (self.delimiter, self.quote, "\n", "\r"))
        if special or self.quoting == QUOTE_ALL:
            return self.quote + text.replace(self.quote, self.quote * 2) + self.quote
        return text

    def writerow(self, row):
        return self.file.write(self.delimiter.join([self._field(value) for value in row]) + self.end)

    def writerows(self, rows):
        for row in rows:
            self.writerow(row)


class DictWriter:
    def __init__(self, file, fieldnames, restval="", extrasaction="raise", dialect="excel", **options):
        self.fieldnames = fieldnames
        self.restval = restval
        self.writer = writer(file, dialect, **options)

    def writeheader(self):
        return self.writer.writerow(self.fieldnames)

    def writerow(self, row):
        return self.writer.writerow([row.get(name, self.restval) for name in self.fieldnames])

    def writerows(self, rows):
        for row in rows:
            self.writerow(row)
