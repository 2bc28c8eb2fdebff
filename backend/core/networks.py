"""Which addresses belong to the public internet: what others choose to be asked or told must not lead inside."""

from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address

_GLOBAL_UNICAST, _NAT64 = IPv6Network("2000::/3"), IPv6Network("64:ff9b::/96")
_SPECIAL = (IPv4Network("192.0.0.0/24"), IPv4Network("192.88.99.0/24"))
"""Protocols' own, which older Pythons take for public."""


def is_public(address: str) -> bool:
    """Whether an IP address belongs to the public internet, whatever it is wrapped in. ValueError for what is none.

    Not loopback, private, link-local (where clouds keep their metadata), shared (CGNAT), unique local, multicast,
    reserved, nor any of these inside an IPv6 address that is made of one of IPv4.
    """
    ip = ip_address(address)
    if isinstance(ip, IPv6Address):
        inner = _inner(ip)
        if inner is not None:
            return is_public(str(inner))
        # Only what is handed out for use: 2000::/3 without documentation, Teredo and other special blocks.
        return ip in _GLOBAL_UNICAST and ip.is_global and ip.teredo is None and not ip.is_multicast
    special = any(ip in each for each in _SPECIAL)
    return ip.is_global and not (special or ip.is_multicast or ip.is_reserved)


def _inner(ip: IPv6Address) -> IPv4Address | None:
    """The IPv4 address in one that is mapped, 6to4, or of NAT64."""
    if ip.ipv4_mapped is not None:
        return ip.ipv4_mapped
    if ip.sixtofour is not None:
        return ip.sixtofour
    if ip in _NAT64:
        return IPv4Address(int(ip) & 0xFFFF_FFFF)
    return None
