from django.urls import path

from institutions import views

urlpatterns = [
    path("desk/", views.desk, name="desk"),
    path("login/", views.sign_in, name="login"),
    path("logout/", views.sign_out, name="logout"),
]
