"""The picture by which customers know who comes."""

import strawberry
from strawberry.file_uploads import Upload

from backend.staff import actions
from schema.context import Info
from schema.ids import decode_id
from schema.payloads import mutation
from schema.staff import StaffPayload
from schema.uploads import uploaded


@strawberry.input(description="A picture of a member of staff.")
class UploadStaffPhotoInput:
    staff_id: strawberry.ID = strawberry.field(description="Who it shows.")
    photo: Upload = strawberry.field(
        description="A JPEG, PNG or WebP picture, at most 15 MB; its middle is kept as a square."
    )


@strawberry.input(description="The member of staff whose picture goes.")
class RemoveStaffPhotoInput:
    staff_id: strawberry.ID = strawberry.field(description="Who it showed.")


@strawberry.type
class StaffPhotosMutation:
    @mutation(
        description="Show a member of staff to everyone by this picture. Admins, and managers with MANAGE_STAFF for "
        "whom they manage."
    )
    def upload_staff_photo(self, info: Info, input: UploadStaffPhotoInput) -> StaffPayload:
        staff = actions.upload_staff_photo(
            viewer=info.context.viewer,
            staff_id=decode_id(input.staff_id, "Staff", ("staff_id",)),
            photo=uploaded(input.photo, ("photo",)),
            now=info.context.now,
        )
        return StaffPayload(row=staff)

    @mutation(description="Show a member of staff without a picture. As `uploadStaffPhoto`.")
    def remove_staff_photo(self, info: Info, input: RemoveStaffPhotoInput) -> StaffPayload:
        staff = actions.remove_staff_photo(
            viewer=info.context.viewer,
            staff_id=decode_id(input.staff_id, "Staff", ("staff_id",)),
            now=info.context.now,
        )
        return StaffPayload(row=staff)
