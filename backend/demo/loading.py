"""Putting the demo business into an empty database, by the same actions that the office and its customers use."""

from dataclasses import replace
from datetime import datetime, time, timedelta
from decimal import Decimal

from backend.accounts import actions as accounts_actions
from backend.accounts import queries as accounts_queries
from backend.catalogue import actions as catalogue_actions
from backend.catalogue import queries as catalogue_queries
from backend.catalogue.actions import ExtraInput
from backend.core import clock
from backend.core.business import business
from backend.core.viewer import NOBODY, Permission, Role, Viewer
from backend.customers import actions as customers_actions
from backend.customers import queries as customers_queries
from backend.customers.rules import Contact, PostalAddress
from backend.demo import accounts
from backend.demo.business import CATALOGUE, CUSTOMERS, ORDERS, STAFF, DemoOrder, DemoService, DemoStaff
from backend.geography.actions import load_london
from backend.orders import actions as orders_actions
from backend.orders.actions import OrderRequest
from backend.orders.rules import CartItem
from backend.scheduling import actions as scheduling_actions
from backend.scheduling.queries.searching import Wish, availability
from backend.staff import actions as staff_actions
from backend.staff.rules import Break, DayHours, DayOfWeek
from backend.subscriptions import actions as subscriptions_actions
from backend.subscriptions.queries import PlanRequest
from backend.subscriptions.rules import Frequency

_PERMISSIONS = (Permission.MANAGE_STAFF, Permission.MANAGE_CUSTOMERS, Permission.MANAGE_ORDERS)
_SEARCH_DAYS = 20


class Loader:
    """Builds the business step by step. Each step is a transaction of its own, as it is for people."""

    def __init__(self, now: datetime) -> None:
        self.now = now
        self.admin = NOBODY
        self.services: dict[str, int] = {}
        self.extras: dict[tuple[str, str], int] = {}
        self.staff: dict[str, int] = {}
        self.customers: dict[str, int] = {}

    def load(self) -> None:
        """Everything. The customer's sign-in comes last: where it is there, the rest is, too."""
        load_london()
        admin = accounts_actions.create_admin(
            email=accounts.ADMIN, name="Ada Office", password=accounts.PASSWORD, now=self.now
        )
        self.admin = accounts_queries.viewer_for_user(admin.pk)
        for name, description, services in CATALOGUE:
            category = catalogue_actions.create_category(
                viewer=self.admin, name=name, description=description, now=self.now
            )
            for service in services:
                self._add_service(category.pk, service)
        for member in STAFF:
            self._add_staff(member)
        self._add_absences()
        for contact, address in CUSTOMERS[1:]:
            self._add_customer(contact, address, None)
        self._add_manager()
        self._add_customer(*CUSTOMERS[0], self._account(accounts.CUSTOMER, CUSTOMERS[0][0].name, Role.CUSTOMER))
        for order in ORDERS:
            self._add_order(order)
        self._add_plan()

    def _account(self, email: str, name: str, role: Role) -> int:
        return accounts_actions.create_account(
            viewer=self.admin, email=email, name=name, role=role, password=accounts.PASSWORD, now=self.now
        ).pk

    def _add_service(self, category_id: int, service: DemoService) -> None:
        row = catalogue_actions.create_service(
            viewer=self.admin,
            category_id=category_id,
            name=service.name,
            description=service.description,
            price=Decimal(service.price),
            duration_minutes=service.minutes,
            buffer_minutes=service.buffer,
            extras=[
                ExtraInput(name=extra.name, price=Decimal(extra.price), duration_minutes=extra.minutes)
                for extra in service.extras
            ],
            now=self.now,
        )
        self.services[service.name] = row.pk
        for extra in catalogue_queries.extras_visible_to(self.admin).filter(service_id=row.pk):
            self.extras[service.name, extra.name] = extra.pk

    def _add_staff(self, member: DemoStaff) -> None:
        user_id = self._account(member.email, member.name, Role.STAFF) if member.email == accounts.STAFF else None
        row = staff_actions.create_staff_member(
            viewer=self.admin, name=member.name, email=member.email, bio=member.bio, user_id=user_id, now=self.now
        )
        self.staff[member.email] = row.pk
        lunch = (Break(*member.lunch),) if member.lunch else ()
        staff_actions.set_working_hours(
            viewer=self.admin,
            staff_id=row.pk,
            hours=[DayHours(DayOfWeek.of(day), member.start, member.end, lunch) for day in member.days],
            now=self.now,
        )
        for service in member.services:
            price = dict(member.prices).get(service)
            staff_actions.assign_service(
                viewer=self.admin,
                staff_id=row.pk,
                service_id=self.services[service],
                price_override=Decimal(price) if price else None,
                duration_override_minutes=dict(member.minutes).get(service),
                now=self.now,
            )
        for postcode, radius in member.areas:
            staff_actions.add_service_area(
                viewer=self.admin, staff_id=row.pk, postcode=postcode, radius_miles=Decimal(radius), now=self.now
            )

    def _add_absences(self) -> None:
        """Ben is away for three days, Chloe has a date off, and Anna leaves early once."""
        today = business().today(self.now)
        monday = today + timedelta(days=14 - today.weekday())
        scheduling_actions.add_time_off(
            viewer=self.admin,
            staff_id=self.staff["ben@demo.test"],
            start=clock.instant(monday, time(0), business().zone),
            end=clock.instant(monday + timedelta(days=3), time(0), business().zone),
            reason="Holiday",
            now=self.now,
        )
        staff_actions.set_schedule_exception(
            viewer=self.admin,
            staff_id=self.staff["chloe@demo.test"],
            date=monday + timedelta(days=3),
            reason="Moving house",
            now=self.now,
        )
        staff_actions.set_schedule_exception(
            viewer=self.admin,
            staff_id=self.staff[accounts.STAFF],
            date=monday + timedelta(days=4),
            start=time(8),
            end=time(13),
            reason="School play",
            now=self.now,
        )

    def _add_customer(self, contact: Contact, address: PostalAddress, user_id: int | None) -> None:
        row = customers_actions.create_customer(
            viewer=self.admin, contact=contact, address=address, user_id=user_id, now=self.now
        )
        self.customers[contact.email] = row.pk

    def _add_manager(self) -> None:
        user_id = self._account(accounts.MANAGER, "Martin Field", Role.MANAGER)
        accounts_actions.update_manager(
            viewer=self.admin,
            manager_id=accounts_queries.manager_of_user(user_id).pk,
            permissions=_PERMISSIONS,
            managed_staff_ids=[self.staff[accounts.STAFF], self.staff["ben@demo.test"]],
            managed_customer_ids=[
                self.customers["theo.papadakis@demo.test"],
                self.customers["maya.thompson@demo.test"],
            ],
            now=self.now,
        )

    def _add_order(self, order: DemoOrder) -> None:
        contact, address = next(each for each in CUSTOMERS if each[0].email == order.email)
        start = self._free_time(order, address.postcode).astimezone(business().zone)
        extras = (self.extras[order.service, order.extra],) if order.extra else ()
        item = CartItem(service_id=self.services[order.service], quantity=order.quantity, extra_ids=extras)
        request = OrderRequest(
            items=[item],
            guest=contact,
            address=address,
            scheduled_date=start.date(),
            scheduled_time=start.time(),
            notes=order.notes,
        )
        viewer = NOBODY
        if order.email == accounts.CUSTOMER:
            viewer, request = self._as_customer(request)
        placed = orders_actions.place_order(viewer=viewer, request=request, now=self.now)
        if order.becomes == "CONFIRMED":
            orders_actions.confirm_order(viewer=self.admin, order_id=placed.pk, now=self.now)
        elif order.becomes == "CANCELLED":
            orders_actions.cancel_order(
                viewer=self.admin,
                order_id=placed.pk,
                reason="The landlord sent somebody else.",
                address="",
                now=self.now,
            )

    def _add_plan(self) -> None:
        """The customer has the flat cleaned every other Monday at ten, for two months."""
        customer = customers_queries.customer_for(self.admin, self.customers[accounts.CUSTOMER])
        today = business().today(self.now)
        subscriptions_actions.create_subscription(
            viewer=self.admin,
            request=PlanRequest(
                service_id=self.services["Regular clean"],
                frequency=Frequency.BIWEEKLY,
                duration_months=2,
                start_date=today + timedelta(days=14 - today.weekday()),
                preferred_time=time(10),
                customer_id=customer.pk,
                address_id=customers_queries.addresses_visible_to(self.admin).filter(customer=customer)[0].pk,
            ),
            now=self.now,
        )

    def _as_customer(self, request: OrderRequest) -> tuple[Viewer, OrderRequest]:
        """The request as the signed-in customer sends it: with its own address instead of a guest's."""
        customer = customers_queries.customer_for(self.admin, self.customers[accounts.CUSTOMER])
        viewer = accounts_queries.viewer_for_user(customer.user_id or 0)
        address = customers_queries.addresses_visible_to(viewer).get()
        return viewer, replace(request, guest=None, address=None, address_id=address.pk)

    def _free_time(self, order: DemoOrder, postcode: str) -> datetime:
        """The first time on a day with a free one for all of the order's pieces; some days have none."""
        first = business().today(self.now) + timedelta(days=order.days)
        days = availability(
            viewer=NOBODY,
            wish=Wish(service_id=self.services[order.service], postcode=postcode),
            first=first,
            last=first + timedelta(days=_SEARCH_DAYS),
            now=self.now,
        )
        return next(day.slots[0].start for day in days if day.slots)
