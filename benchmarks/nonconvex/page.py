def write(options, folder):
    return folder
