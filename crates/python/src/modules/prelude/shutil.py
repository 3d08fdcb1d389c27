def _refuse(*args, **kwargs):
    from _swarmgate import unsupported
    unsupported("what shutil does to files")


copy = copy2 = copyfile = copytree = move = rmtree = make_archive = disk_usage = which = _refuse
