CASES = ()
def rows(case, options):
    return iter(())
