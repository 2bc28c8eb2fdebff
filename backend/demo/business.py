"""Thames & Tidy, a home-cleaning business in London, as plain values. The people and their doings are made up."""

from dataclasses import dataclass
from datetime import time

from backend.customers.rules import Contact, PostalAddress
from backend.demo import accounts


@dataclass(frozen=True, slots=True)
class DemoExtra:
    """Something to add to a service; `price` in pounds."""

    name: str
    price: str
    minutes: int


@dataclass(frozen=True, slots=True)
class DemoService:
    """Something to book; `price` in pounds."""

    name: str
    price: str
    minutes: int
    buffer: int
    description: str
    extras: tuple[DemoExtra, ...] = ()


@dataclass(frozen=True, slots=True)
class DemoStaff:
    """Somebody who cleans. Who takes long jobs has no fixed lunch.

    `days` are weekdays from 0, Monday; `areas` are centres with a radius in miles.
    """

    name: str
    email: str
    bio: str
    days: tuple[int, ...]
    start: time
    end: time
    lunch: tuple[time, time] | None
    areas: tuple[tuple[str, str], ...]
    services: tuple[str, ...]
    prices: tuple[tuple[str, str], ...] = ()
    """Own prices, by service."""
    minutes: tuple[tuple[str, int], ...] = ()
    """Own durations, by service."""


@dataclass(frozen=True, slots=True)
class DemoOrder:
    """An order `days` from today, or on the first day after that has a time free."""

    email: str
    service: str
    days: int
    extra: str = ""
    quantity: int = 1
    notes: str = ""
    becomes: str = "PENDING"


OVEN = DemoExtra("Inside the oven", "22.00", 30)
FRIDGE = DemoExtra("Inside the fridge", "14.00", 20)
IRONING = DemoExtra("Ironing, one basket", "18.00", 45)
LINEN = DemoExtra("Fresh bed linen", "8.00", 15)
WINDOWS = DemoExtra("Inside windows", "24.00", 40)
BALCONY = DemoExtra("Balcony", "16.00", 25)
SOFA = DemoExtra("Two-seat sofa", "38.00", 40)

CATALOGUE: tuple[tuple[str, str, tuple[DemoService, ...]], ...] = (
    (
        "Regular cleaning",
        "The same hands every week or fortnight.",
        (
            DemoService(
                "Regular clean",
                "48.00",
                120,
                15,
                "Kitchen, bathroom, floors and dust, in a flat of up to two bedrooms.",
                (OVEN, FRIDGE, IRONING, LINEN),
            ),
            DemoService(
                "Large home clean",
                "76.00",
                180,
                20,
                "As the regular clean, for three bedrooms and more.",
                (OVEN, FRIDGE, IRONING, LINEN, WINDOWS),
            ),
            DemoService(
                "Eco clean",
                "56.00",
                120,
                15,
                "Plant-based products only; good for allergies and small children.",
                (FRIDGE, IRONING),
            ),
        ),
    ),
    (
        "Deep cleaning",
        "Once or twice a year, behind and under everything.",
        (
            DemoService(
                "Deep clean",
                "145.00",
                240,
                30,
                "Skirting boards, door frames, descaling, behind the appliances.",
                (OVEN, FRIDGE, WINDOWS, BALCONY),
            ),
            DemoService(
                "Kitchen deep clean", "82.00", 150, 20, "Cupboards inside and out, hob, hood and tiles.", (OVEN, FRIDGE)
            ),
            DemoService("Bathroom deep clean", "64.00", 105, 15, "Limescale, grout and extractor."),
        ),
    ),
    (
        "Special jobs",
        "What takes its own tools.",
        (
            DemoService("Oven clean", "65.00", 90, 15, "Racks, door glass and fan, taken apart and dipped."),
            DemoService("Carpet clean", "84.00", 120, 30, "Hot-water extraction for two rooms.", (SOFA,)),
        ),
    ),
    (
        "Moving",
        "Leave it as you found it, or better.",
        (
            DemoService(
                "End of tenancy clean",
                "210.00",
                300,
                30,
                "By the letting agents' checklist, with a receipt for the deposit.",
                (WINDOWS, BALCONY, SOFA),
            ),
            DemoService("After-builders clean", "255.00", 360, 30, "Plaster dust, paint splashes, protective film."),
        ),
    ),
)

_LUNCH = (time(12, 30), time(13, 0))
_EVERYDAY = ("Regular clean", "Large home clean", "Eco clean")
_DEEP = ("Deep clean", "Kitchen deep clean", "Bathroom deep clean")

STAFF: tuple[DemoStaff, ...] = (
    DemoStaff(
        "Anna Kowalska",
        accounts.STAFF,
        "Ten years in other people's kitchens, and still fond of them.",
        (0, 1, 2, 3, 4),
        time(8),
        time(17),
        _LUNCH,
        (("SW1A", "6"),),
        (*_EVERYDAY, *_DEEP, "Oven clean"),
    ),
    DemoStaff(
        "Ben Okafor",
        "ben@demo.test",
        "Carpets, sofas and anything with a motor.",
        (0, 1, 2, 3, 4),
        time(9),
        time(18),
        _LUNCH,
        (("SE1", "5"), ("E14", "3")),
        ("Regular clean", "Deep clean", "Oven clean", "Carpet clean", "After-builders clean"),
        minutes=(("Carpet clean", 100),),
    ),
    DemoStaff(
        "Chloe Martin",
        "chloe@demo.test",
        "Knows every letting agent's checklist north of the river.",
        (1, 2, 3, 4, 5),
        time(8, 30),
        time(17, 30),
        None,
        (("N1", "5"), ("NW3", "4")),
        ("Regular clean", "Large home clean", *_DEEP, "End of tenancy clean"),
        prices=(("End of tenancy clean", "225.00"),),
    ),
    DemoStaff(
        "Deepa Nair",
        "deepa@demo.test",
        "Eco products, quiet vacuum, very good with cats.",
        (0, 2, 4),
        time(9),
        time(15),
        None,
        (("E8", "4"),),
        ("Regular clean", "Eco clean", "Kitchen deep clean"),
        prices=(("Eco clean", "60.00"),),
    ),
    DemoStaff(
        "Emil Novak",
        "emil@demo.test",
        "Big jobs: moves, builders, whole houses.",
        (0, 1, 2, 3, 4, 5),
        time(7, 30),
        time(16),
        None,
        (("SW11", "8"),),
        ("Large home clean", "Deep clean", "Carpet clean", "End of tenancy clean", "After-builders clean"),
    ),
    DemoStaff(
        "Fatima Hassan",
        "fatima@demo.test",
        "Weekends and evenings in the west.",
        (3, 4, 5, 6),
        time(12),
        time(20),
        (time(16), time(16, 30)),
        (("W2", "5"),),
        (*_EVERYDAY, "Oven clean", "Bathroom deep clean"),
    ),
)

CUSTOMERS: tuple[tuple[Contact, PostalAddress], ...] = (
    (
        Contact(name="Clara Whitfield", email=accounts.CUSTOMER, phone="020 7946 0101"),
        PostalAddress(line1="14 Great Smith Street", city="London", postcode="SW1P 3BU"),
    ),
    (
        Contact(name="Oliver Grant", email="oliver.grant@demo.test", phone="020 7946 0112"),
        PostalAddress(line1="Flat 3", line2="27 Upper Street", city="London", postcode="N1 0PN"),
    ),
    (
        Contact(name="Priya Shah", email="priya.shah@demo.test", phone="020 7946 0123"),
        PostalAddress(line1="8 Broadway Market", city="London", postcode="E8 4QJ"),
    ),
    (
        Contact(name="Hugo Lindqvist", email="hugo.lindqvist@demo.test", phone="020 7946 0134"),
        PostalAddress(line1="52 Lavender Hill", city="London", postcode="SW11 5RH"),
    ),
    (
        Contact(name="Maya Thompson", email="maya.thompson@demo.test", phone="020 7946 0145"),
        PostalAddress(line1="19 Porchester Square", city="London", postcode="W2 6AN"),
    ),
    (
        Contact(name="Theo Papadakis", email="theo.papadakis@demo.test", phone="020 7946 0156"),
        PostalAddress(line1="5 Shad Thames", city="London", postcode="SE1 2YE"),
    ),
)

ORDERS: tuple[DemoOrder, ...] = (
    DemoOrder(accounts.CUSTOMER, "Regular clean", 2, extra="Inside the oven", becomes="CONFIRMED"),
    DemoOrder(accounts.CUSTOMER, "Oven clean", 9),
    DemoOrder("oliver.grant@demo.test", "End of tenancy clean", 6, notes="Keys with the porter.", becomes="CONFIRMED"),
    DemoOrder("priya.shah@demo.test", "Eco clean", 3, becomes="CONFIRMED"),
    DemoOrder("priya.shah@demo.test", "Eco clean", 10, extra="Ironing, one basket"),
    DemoOrder("hugo.lindqvist@demo.test", "Large home clean", 4, notes="The dog is friendly.", becomes="CONFIRMED"),
    DemoOrder("hugo.lindqvist@demo.test", "Carpet clean", 12, extra="Two-seat sofa"),
    DemoOrder("maya.thompson@demo.test", "Regular clean", 5, extra="Fresh bed linen", becomes="CONFIRMED"),
    DemoOrder("theo.papadakis@demo.test", "Deep clean", 8),
    DemoOrder("theo.papadakis@demo.test", "Regular clean", 15, quantity=2, notes="Both flats on the landing."),
    DemoOrder("oliver.grant@demo.test", "Kitchen deep clean", 7, becomes="CANCELLED"),
)
