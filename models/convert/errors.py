class Unsupported(Exception):
    """What the converter cannot do, in one sentence for the person who runs it."""
