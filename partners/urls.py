from django.urls import path

from partners.views import clients

urlpatterns = [
    path("setup/partners/", clients.client_list, name="partner-client-list"),
    path("setup/partners/issue/", clients.client_issue, name="partner-client-issue"),
    path("setup/partners/<uuid:public_id>/", clients.client_detail, name="partner-client"),
    path("setup/partners/<uuid:public_id>/secret/", clients.client_rotate, name="partner-client-rotate"),
    path("setup/partners/<uuid:public_id>/limits/", clients.client_change, name="partner-client-change"),
    path("setup/partners/<uuid:public_id>/revocation/", clients.client_revoke, name="partner-client-revoke"),
]
