from django.urls import path

from accounts.api.keys import CurrentKey

urlpatterns = [path("key/", CurrentKey.as_view(), name="current_key")]
