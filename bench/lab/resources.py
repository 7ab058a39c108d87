"""What PyVISA finds on this host."""

import warnings


def found(library: str = "@py") -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The addresses that a VISA library finds by itself, and what it remarked, such as what it could not look at.

    `library` as pyvisa.ResourceManager takes it. Raw sockets are never found: a port does not say what it is.
    """
    import pyvisa

    with warnings.catch_warnings(record=True) as remarks:
        warnings.simplefilter("always")
        warnings.simplefilter("ignore", ResourceWarning)  # what PyVISA leaves open is not news for whoever lists
        try:
            resources = pyvisa.ResourceManager(library)
        except (OSError, ValueError) as error:  # no such library; PyVISA names it
            return (), (str(error),)
        try:
            addresses = resources.list_resources("?*")
        except (pyvisa.Error, OSError) as error:
            return (), (str(error),)
        finally:
            resources.close()
    return tuple(addresses), tuple(dict.fromkeys(str(remark.message) for remark in remarks))
