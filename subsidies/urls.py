from django.urls import path

from subsidies.views import batches, certificates, recoveries

urlpatterns = [
    path("certificates/", certificates.certificate_list, name="certificate-list"),
    path("certificates/<uuid:public_id>/", certificates.certificate_detail, name="certificate-detail"),
    path("certificates/<uuid:public_id>/account/", certificates.correct_account, name="account-correction"),
    path("batches/", batches.batch_list, name="batch-list"),
    path("batches/<uuid:public_id>/", batches.batch_detail, name="batch-detail"),
    path("batches/<uuid:public_id>/release/", batches.batch_release, name="batch-release"),
    path("recoveries/", recoveries.recovery_list, name="recovery-list"),
]
