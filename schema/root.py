"""The schema: one module per domain, merged."""

from strawberry.schema.config import StrawberryConfig
from strawberry.tools import merge_types

from schema.accounts import AccountsMutation
from schema.assortment import CategoryTreeMutation, ProposalsMutation, ServiceExtrasMutation
from schema.audit import AuditQuery
from schema.availability import AvailabilityQuery
from schema.bookings import BookingsMutation, BookingsQuery
from schema.business import BusinessQuery
from schema.calendar_progress import CalendarSubscription
from schema.calendars import CalendarsMutation, CalendarsQuery
from schema.carts import CartAvailabilityQuery
from schema.catalogue import CatalogueMutation, CatalogueQuery
from schema.changes import ChangesMutation, ChangesQuery
from schema.coupons import CouponsMutation, CouponsQuery
from schema.customers import CustomersMutation, CustomersQuery
from schema.events import EventsMutation, EventsQuery
from schema.extensions import Schema
from schema.holds import HoldsMutation
from schema.live import LiveSubscription
from schema.membership import MembershipMutation, MembershipQuery, RegistrationMutation
from schema.messages import MessagesMutation, MessagesQuery
from schema.nodes import NodeQuery
from schema.order_edits import OrderEditsMutation
from schema.orders import OrdersMutation, OrdersQuery
from schema.partners import PartnersMutation, PartnersQuery
from schema.photo_uploads import PhotosMutation
from schema.scalars import SCALARS
from schema.scheduling import SchedulingMutation, SchedulingQuery
from schema.sharing import SharingExecutor
from schema.staff import StaffMutation, StaffQuery
from schema.staff_photos import StaffPhotosMutation
from schema.staff_reviews import StaffReviewsMutation, StaffReviewsQuery
from schema.subscriptions import SubscriptionsMutation, SubscriptionsQuery
from schema.tracking import TrackingMutation
from schema.viewer import ViewerQuery
from schema.visits import VisitsMutation, VisitsQuery

Query = merge_types(
    "Query",
    (
        AuditQuery,
        AvailabilityQuery,
        BookingsQuery,
        BusinessQuery,
        CartAvailabilityQuery,
        CalendarsQuery,
        CatalogueQuery,
        ChangesQuery,
        CouponsQuery,
        CustomersQuery,
        EventsQuery,
        MembershipQuery,
        MessagesQuery,
        NodeQuery,
        OrdersQuery,
        PartnersQuery,
        SchedulingQuery,
        StaffQuery,
        SubscriptionsQuery,
        StaffReviewsQuery,
        ViewerQuery,
        VisitsQuery,
    ),
)
Mutation = merge_types(
    "Mutation",
    (
        AccountsMutation,
        BookingsMutation,
        CalendarsMutation,
        CatalogueMutation,
        CategoryTreeMutation,
        ChangesMutation,
        CouponsMutation,
        CustomersMutation,
        EventsMutation,
        HoldsMutation,
        MembershipMutation,
        MessagesMutation,
        OrderEditsMutation,
        OrdersMutation,
        PhotosMutation,
        PartnersMutation,
        ProposalsMutation,
        RegistrationMutation,
        SchedulingMutation,
        ServiceExtrasMutation,
        StaffMutation,
        StaffPhotosMutation,
        TrackingMutation,
        SubscriptionsMutation,
        StaffReviewsMutation,
        VisitsMutation,
    ),
)
Subscription = merge_types(
    "Subscription",
    (
        CalendarSubscription,
        LiveSubscription,
    ),
)

schema = Schema(
    query=Query,
    mutation=Mutation,
    subscription=Subscription,
    execution_context_class=SharingExecutor,
    config=StrawberryConfig(relay_max_results=100, scalar_map=SCALARS),
)
