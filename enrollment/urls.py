from django.urls import path

from enrollment.views import classes, rosters

urlpatterns = [
    path("classes/", classes.class_list, name="class-list"),
    path("classes/<uuid:public_id>/", classes.class_detail, name="class-detail"),
    path("classes/<uuid:public_id>/confirmation/", classes.confirm, name="class-confirm"),
    path("classes/<uuid:public_id>/completion/", classes.complete, name="class-complete"),
    path("classes/<uuid:public_id>/rosters/", rosters.upload_roster, name="roster-upload"),
    path("classes/<uuid:public_id>/roster-template/", rosters.download_template, name="roster-template"),
    path("rosters/<uuid:public_id>/", rosters.roster_detail, name="roster-detail"),
    path("rosters/<uuid:public_id>/confirmation/", rosters.confirm, name="roster-confirm"),
    path("rosters/<uuid:public_id>/rejection/", rosters.reject, name="roster-reject"),
]
