import os as _os
import os.path as _path


class Error(OSError):
    pass


class SameFileError(Error):
    pass


def _refuse(*args, **kwargs):
    from _swarmgate import unsupported
    unsupported("this part of shutil")


make_archive = unpack_archive = disk_usage = which = chown = _refuse


def copyfile(source, target, *, follow_symlinks=True):
    source, target = _os.fspath(source), _os.fspath(target)
    with open(source, "rb") as file:
        content = file.read()
    with open(target, "wb") as file:
        file.write(content)
    return target


def copy(source, target, *, follow_symlinks=True):
    if _path.isdir(target):
        target = _path.join(target, _path.basename(source))
    return copyfile(source, target)


copy2 = copy


def copytree(source, target, *args, dirs_exist_ok=False, **kwargs):
    _os.makedirs(target, exist_ok=dirs_exist_ok)
    for name in _os.listdir(source):
        here, there = _path.join(source, name), _path.join(target, name)
        if _path.isdir(here):
            copytree(here, there, dirs_exist_ok=dirs_exist_ok)
        else:
            copyfile(here, there)
    return target


def move(source, target):
    if _path.isdir(target):
        target = _path.join(target, _path.basename(source))
    if _path.isdir(source):
        copytree(source, target)
        rmtree(source)
    else:
        _os.rename(source, target)
    return target


def rmtree(folder, ignore_errors=False, onerror=None, **kwargs):
    try:
        names = _os.listdir(folder)
    except OSError:
        if ignore_errors:
            return
        raise
    for name in names:
        each = _path.join(folder, name)
        if _path.isdir(each):
            rmtree(each, ignore_errors)
        else:
            _os.remove(each)
    if _path.isdir(folder):
        _os.rmdir(folder)


def copyfileobj(source, target, length=0):
    target.write(source.read())
