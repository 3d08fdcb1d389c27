types_map = {
    ".bin": "application/octet-stream", ".css": "text/css", ".csv": "text/csv", ".doc": "application/msword",
    ".docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document", ".gif": "image/gif", ".htm": "text/html",
    ".html": "text/html", ".ico": "image/vnd.microsoft.icon", ".jpeg": "image/jpeg", ".jpg": "image/jpeg", ".js": "text/javascript",
    ".json": "application/json", ".mjs": "text/javascript", ".mov": "video/quicktime", ".mp3": "audio/mpeg", ".mp4": "video/mp4",
    ".mpeg": "video/mpeg", ".pdf": "application/pdf", ".png": "image/png", ".ppt": "application/vnd.ms-powerpoint", ".py": "text/x-python",
    ".svg": "image/svg+xml", ".tar": "application/x-tar", ".tiff": "image/tiff", ".tsv": "text/tab-separated-values", ".txt": "text/plain",
    ".wav": "audio/x-wav", ".webm": "video/webm", ".xls": "application/vnd.ms-excel", ".xml": "text/xml", ".zip": "application/zip",
}
_CODINGS = {".gz": "gzip", ".bz2": "bzip2", ".xz": "xz", ".br": "br"}


def guess_type(url, strict=True):
    name = str(url).split("?")[0].split("/")[-1].lower()
    coding = None
    for end, kind in _CODINGS.items():
        if name.endswith(end):
            name, coding = name[:-len(end)], kind
    end = name[name.rfind("."):] if "." in name else ""
    return types_map.get(end), coding


def guess_extension(type, strict=True):
    for end, kind in types_map.items():
        if kind == type:
            return end
    return None


def add_type(type, ext, strict=True):
    types_map[ext] = type


def init(files=None):
    pass
