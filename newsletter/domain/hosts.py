"""Names and addresses of machines: pure rules, nothing is looked up."""

import ipaddress


def is_loopback(host: str) -> bool:
    """Tell whether a name or an address means this machine, and nobody else can reach it or be reached by it."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
