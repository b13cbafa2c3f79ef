"""The paths of OpenAI's API, beside those of Segment's under the same `/v1/`."""

from django.urls import path

from inference.api.openai import ChatCompletionsView, ModelsView, ModelView
from inference.api.openai_responses import CancelResponseView, ResponsesView, ResponseView

urlpatterns = [
    path("chat/completions", ChatCompletionsView.as_view(), name="openai_chat_completions"),
    path("models", ModelsView.as_view(), name="openai_models"),
    path("models/<path:model>", ModelView.as_view(), name="openai_model"),
    path("responses", ResponsesView.as_view(), name="openai_responses"),
    path("responses/<str:response_id>", ResponseView.as_view(), name="openai_response"),
    path("responses/<str:response_id>/cancel", CancelResponseView.as_view(), name="openai_response_cancel"),
]
