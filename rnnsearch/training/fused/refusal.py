"""What is raised where a person's module cannot be computed for several trials at once."""


class NotFusedError(Exception):
    """A module computes something that is not the same for several trials as for each of them.

    It ends the try of `fused.trying`, whose verdict has its text, and is seen nowhere else.
    """
