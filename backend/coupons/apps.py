from django.apps import AppConfig


class CouponsConfig(AppConfig):
    name = "backend.coupons"
    label = "coupons"

    def ready(self) -> None:
        """Answer for what is kept here of a customer (docs/adr/0011-what-follows-a-customer.md)."""
        from backend.core.invariants import keeps_true
        from backend.coupons.actions import erase_usages, export_usages, usages_follow
        from backend.coupons.queries import offences_of_coupons
        from backend.customers.actions import PersonalData, follows_merge, holds_personal_data

        follows_merge("coupon_usages", usages_follow)
        holds_personal_data("coupon_usages", PersonalData(export=export_usages, erase=erase_usages))
        keeps_true("Coupons count their uses", offences_of_coupons)
