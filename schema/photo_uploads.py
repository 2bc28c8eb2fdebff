"""Showing the work, before it and when it is done, and taking pictures away again."""

import strawberry
from strawberry.file_uploads import Upload

from backend.scheduling import actions
from schema.context import Info
from schema.ids import decode_id
from schema.payloads import mutation
from schema.scheduling import AppointmentPayload
from schema.uploads import all_uploaded


@strawberry.input(description="Pictures of the work.")
class UploadCompletionPhotosInput:
    appointment_id: strawberry.ID = strawberry.field(
        description="The visit: confirmed and of today or earlier, begun, or over."
    )
    photos: list[Upload] = strawberry.field(
        description="One to ten files, by the multipart request spec: JPEG, PNG or WebP, at most 15 MB each."
    )


@strawberry.input(description="The picture to take away.")
class DeleteCompletionPhotoInput:
    photo_id: strawberry.ID = strawberry.field(description="The picture.")


@strawberry.type
class PhotosMutation:
    @mutation(
        description="Add pictures to a visit, from its day on, of before the work and after it: all, or none, and "
        'every bad file is named by its place, `["photos", "2"]`. They are turned upright, made smaller and freed of '
        "everything else in the file, its position too. The same file twice on a visit is kept once, so a request can "
        "be repeated. Its member of staff, admins, and managers with MANAGE_ORDERS."
    )
    def upload_completion_photos(self, info: Info, input: UploadCompletionPhotosInput) -> AppointmentPayload:
        appointment = actions.upload_photos(
            viewer=info.context.viewer,
            appointment_id=decode_id(input.appointment_id, "Appointment", ("appointment_id",)),
            photos=all_uploaded(input.photos, ("photos",)),
            now=info.context.now,
        )
        return AppointmentPayload(row=appointment)

    @mutation(description="Take a picture away, for good. Admins, and managers with MANAGE_ORDERS.")
    def delete_completion_photo(self, info: Info, input: DeleteCompletionPhotoInput) -> AppointmentPayload:
        appointment = actions.delete_photo(
            viewer=info.context.viewer,
            photo_id=decode_id(input.photo_id, "CompletionPhoto", ("photo_id",)),
            now=info.context.now,
        )
        return AppointmentPayload(row=appointment)
