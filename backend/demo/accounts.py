"""The demo's sign-ins, known to its data and to its story."""

PASSWORD = "rota-demo-2026"  # noqa: S105 (printed at every start; never loaded in production)
ADMIN = "admin@demo.test"
MANAGER = "manager@demo.test"
STAFF = "anna@demo.test"
CUSTOMER = "customer@demo.test"

WHO_IS_WHO = f"""
  Sign in with password {PASSWORD}:
    {ADMIN:<19} the office, all of it; also in the back office
    {MANAGER:<19} manages Anna, Ben and some customers
    {STAFF:<19} Anna, who cleans
    {CUSTOMER:<19} a customer

  `make demo` in a second terminal tells what happens to an order.
"""
