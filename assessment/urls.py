from django.urls import path

from assessment.views import progress, sessions

urlpatterns = [
    path("", progress.home, name="home"),
    path("sessions/", sessions.session_list, name="session-list"),
    path("sessions/<uuid:public_id>/", sessions.session_detail, name="session-detail"),
    path("sessions/<uuid:public_id>/results/", sessions.upload_results, name="results-upload"),
    path("sessions/<uuid:public_id>/results-template/", sessions.download_template, name="results-template"),
]
