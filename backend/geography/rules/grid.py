"""From the British National Grid to WGS 84.

Source: Ordnance Survey, "A guide to coordinate systems in Great Britain": annex C (inverse transverse Mercator) and
section 6.6 (Helmert transformation, its parameters negated). Good to about five metres, which is far below the size of
a postcode; OSTN15 would give centimetres for a 15 MB grid file.
"""

from math import atan2, cos, degrees, hypot, radians, sin, sqrt, tan

# Airy 1830 and WGS 84: semi-axes in metres.
_AIRY_A, _AIRY_B = 6377563.396, 6356256.909
_WGS_A, _WGS_B = 6378137.000, 6356752.3141

# National Grid: scale on the central meridian, true origin, and the false origin's offset in metres.
_F0 = 0.9996012717
_ORIGIN_NORTH, _ORIGIN_EAST = radians(49), radians(-2)
_E0, _N0 = 400_000.0, -100_000.0

# Helmert, OSGB36 to WGS 84: metres, parts per million, seconds of arc.
_SHIFT = (446.448, -125.157, 542.060)
_SCALE = 1 - 20.4894e-6
_ROTATION = tuple(radians(seconds / 3600) for seconds in (0.1502, 0.2470, 0.8421))


def wgs84_from_osgb36(eastings: float, northings: float) -> tuple[float, float]:
    """Latitude and longitude in degrees of a National Grid reference in metres."""
    latitude, longitude = _unproject(eastings, northings)
    return _to_wgs84(latitude, longitude)


def _unproject(eastings: float, northings: float) -> tuple[float, float]:
    """Inverse transverse Mercator: radians on the Airy ellipsoid."""
    e2 = 1 - (_AIRY_B / _AIRY_A) ** 2
    north = (northings - _N0) / (_AIRY_A * _F0) + _ORIGIN_NORTH
    while abs(rest := northings - _N0 - _meridional_arc(north)) >= 0.00001:
        north += rest / (_AIRY_A * _F0)
    sine2 = sin(north) ** 2
    nu = _AIRY_A * _F0 / sqrt(1 - e2 * sine2)
    rho = nu * (1 - e2) / (1 - e2 * sine2)
    eta2 = nu / rho - 1
    t, secant = tan(north), 1 / cos(north)
    east = eastings - _E0
    vii = t / (2 * rho * nu)
    viii = t / (24 * rho * nu**3) * (5 + 3 * t**2 + eta2 - 9 * t**2 * eta2)
    ix = t / (720 * rho * nu**5) * (61 + 90 * t**2 + 45 * t**4)
    x = secant / nu
    xi = secant / (6 * nu**3) * (nu / rho + 2 * t**2)
    xii = secant / (120 * nu**5) * (5 + 28 * t**2 + 24 * t**4)
    xiia = secant / (5040 * nu**7) * (61 + 662 * t**2 + 1320 * t**4 + 720 * t**6)
    latitude = north - vii * east**2 + viii * east**4 - ix * east**6
    longitude = _ORIGIN_EAST + x * east - xi * east**3 + xii * east**5 - xiia * east**7
    return latitude, longitude


def _meridional_arc(north: float) -> float:
    """Developed arc of the meridian from the true origin, in metres."""
    n = (_AIRY_A - _AIRY_B) / (_AIRY_A + _AIRY_B)
    difference, total = north - _ORIGIN_NORTH, north + _ORIGIN_NORTH
    return (
        _AIRY_B
        * _F0
        * (
            (1 + n + 5 / 4 * n**2 + 5 / 4 * n**3) * difference
            - (3 * n + 3 * n**2 + 21 / 8 * n**3) * sin(difference) * cos(total)
            + (15 / 8 * n**2 + 15 / 8 * n**3) * sin(2 * difference) * cos(2 * total)
            - 35 / 24 * n**3 * sin(3 * difference) * cos(3 * total)
        )
    )


def _to_wgs84(latitude: float, longitude: float) -> tuple[float, float]:
    """Helmert transformation of a point on the Airy ellipsoid (radians, height 0) to degrees on WGS 84."""
    e2 = 1 - (_AIRY_B / _AIRY_A) ** 2
    nu = _AIRY_A / sqrt(1 - e2 * sin(latitude) ** 2)
    x = nu * cos(latitude) * cos(longitude)
    y = nu * cos(latitude) * sin(longitude)
    z = nu * (1 - e2) * sin(latitude)
    turn_x, turn_y, turn_z = _ROTATION
    wx = _SHIFT[0] + _SCALE * x - turn_z * y + turn_y * z
    wy = _SHIFT[1] + turn_z * x + _SCALE * y - turn_x * z
    wz = _SHIFT[2] - turn_y * x + turn_x * y + _SCALE * z
    e2 = 1 - (_WGS_B / _WGS_A) ** 2
    flat = hypot(wx, wy)
    north = atan2(wz, flat * (1 - e2))
    while True:
        nu = _WGS_A / sqrt(1 - e2 * sin(north) ** 2)
        better = atan2(wz + e2 * nu * sin(north), flat)
        if abs(better - north) < 1e-12:
            return degrees(better), degrees(atan2(wy, wx))
        north = better
