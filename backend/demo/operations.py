"""The operations of the story, as a web shop, an office and a staff app send them."""

SERVICES = """query Catalogue {
  business { name timeZone currency }
  services(first: 50) { totalCount edges { node { id slug name durationMinutes price { amount } extras { id name } } } }
}"""

AVAILABILITY = """query Availability($service: ID!, $postcode: String!, $from: Date!, $to: Date!, $extras: [ID!]) {
  availability(serviceId: $service, postcode: $postcode, from: $from, to: $to, extraIds: $extras) {
    date reason slots { start end staff { id name } price { amount currency } }
  }
}"""

SIGN_IN = """mutation SignIn($email: String!, $password: String!) {
  signIn(input: { email: $email, password: $password }) { token user { role } userErrors { code message } }
}"""

MY_DAY = """query MyDay($from: DateTime!, $to: DateTime!) {
  schedule(from: $from, to: $to) { cursor appointments { id start } }
}"""

SCHEDULE_EVENTS = """subscription ScheduleEvents($after: String) {
  scheduleEvents(after: $after) {
    cursor type occurredAt
    appointment { id status start end staff { name } service { name } address { postcode } }
    previous { status }
  }
}"""

PLACE_ORDER = """mutation PlaceOrder($input: PlaceOrderInput!) {
  placeOrder(input: $input) {
    order { id orderNumber trackingToken status total { amount currency } items { unitPrice { amount } } }
    userErrors { code field message }
  }
}"""

INBOX = """query Inbox {
  orders(first: 50, filters: { status: PENDING }, ordering: [{ createdAt: ASC }]) {
    totalCount edges { node { id orderNumber guestName } }
  }
}"""

CONFIRM_ORDER = """mutation ConfirmOrder($input: ConfirmOrderInput!) {
  confirmOrder(input: $input) {
    order { status items { staff { name } appointment { id status start end } } }
    alternatives { start end staff { name } }
    userErrors { code field message }
  }
}"""

TRACK_ORDER = """query TrackOrder($token: String!) {
  trackOrder(trackingToken: $token) {
    orderNumber status canCancel cancellationDeadline items { appointment { status start staff { name } } }
  }
}"""

CANCEL_ORDER = """mutation CancelOrder($input: CancelOrderInput!) {
  cancelOrder(input: $input) { order { status items { appointment { status } } } userErrors { code field message } }
}"""
