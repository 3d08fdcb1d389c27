def _patched(*args, **kwargs):
    # Nothing here ever holds up other users, so there is nothing to patch.
    return True


patch_all = patch_socket = patch_ssl = patch_thread = patch_time = patch_select = patch_os = patch_dns = patch_queue = _patched
