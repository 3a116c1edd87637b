from django.urls import path

from institutions.views import calendar, delegations, desk, fees, institutions, setup, sites, standing

INSTITUTION = "setup/institutions/<uuid:public_id>/"

urlpatterns = [
    path("desk/", desk.desk, name="desk"),
    path("login/", desk.sign_in, name="login"),
    path("logout/", desk.sign_out, name="logout"),
    path("fees/", fees.fee_list, name="fee-list"),
    path("fees/publication/", fees.publish, name="fee-publication"),
    path("sites/", sites.site_list, name="site-list"),
    path("sites/closing/", sites.close, name="site-close"),
    path("setup/", setup.setup, name="setup"),
    path("setup/calendar/", calendar.year_page, name="calendar"),
    path("setup/calendar/days/", calendar.set_day, name="calendar-day"),
    path("setup/delegations/", delegations.delegation_list, name="delegation-list"),
    path("setup/delegations/<uuid:public_id>/end/", delegations.delegation_end, name="delegation-end"),
    path("setup/institutions/", institutions.institution_list, name="institution-list"),
    path(INSTITUTION, institutions.institution_detail, name="institution-detail"),
    path(f"{INSTITUTION}accreditations/", standing.grant, name="accreditation-grant"),
    path(f"{INSTITUTION}accreditation-end/", standing.end, name="accreditation-end"),
    path(f"{INSTITUTION}quotas/", standing.set_quota, name="quota-set"),
    path(f"{INSTITUTION}suspensions/", standing.suspend, name="institution-suspend"),
    path(f"{INSTITUTION}suspension-lifting/", standing.lift, name="suspension-lift"),
]
