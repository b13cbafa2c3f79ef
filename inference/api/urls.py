from django.urls import path

from inference.api.batches import BatchCancelView, BatchesView, BatchResultsView, BatchView
from inference.api.costs import CostsView
from inference.api.models import (
    AliasesView,
    AliasView,
    CredentialReplaceView,
    CredentialsView,
    CredentialTestView,
    CredentialView,
    ModelsView,
)
from inference.api.previews import PreviewView
from inference.api.prompts import PromptsView, PromptView, VersionsView
from inference.api.rules import JobRulesView, ProjectJobRulesView
from inference.api.tasks import TASK_VIEWS
from inference.api.views import CancelView, JobsView, JobView
from inference.api.webhooks import (
    DeliveriesView,
    ResendView,
    WebhookRotateView,
    WebhooksView,
    WebhookTestView,
    WebhookView,
)

_WEBHOOKS = "organizations/<slug:organization>/webhooks/"
_WEBHOOK = f"{_WEBHOOKS}<uuid:webhook_id>/"

urlpatterns = [
    path("inference/costs/", CostsView.as_view(), name="api_costs"),
    path("inference/preview/", PreviewView.as_view(), name="api_preview"),
    *(path(f"inference/{task}/", view.as_view(), name=f"api_{task}") for task, view in TASK_VIEWS.items()),
    path("inference/batches/", BatchesView.as_view(), name="api_batches"),
    path("inference/batches/<uuid:batch_id>/", BatchView.as_view(), name="api_batch"),
    path("inference/batches/<uuid:batch_id>/cancel/", BatchCancelView.as_view(), name="api_batch_cancel"),
    path("inference/batches/<uuid:batch_id>/results/", BatchResultsView.as_view(), name="api_batch_results"),
    path("inference/jobs/", JobsView.as_view(), name="api_jobs"),
    path("inference/jobs/<uuid:job_id>/", JobView.as_view(), name="api_job"),
    path("inference/jobs/<uuid:job_id>/cancel/", CancelView.as_view(), name="api_job_cancel"),
    path("organizations/<slug:organization>/job-rules/", JobRulesView.as_view(), name="api_job_rules"),
    path("projects/<int:project_id>/job-rules/", ProjectJobRulesView.as_view(), name="api_project_job_rules"),
    path(_WEBHOOKS, WebhooksView.as_view(), name="api_webhooks"),
    path(_WEBHOOK, WebhookView.as_view(), name="api_webhook"),
    path(f"{_WEBHOOK}rotate/", WebhookRotateView.as_view(), name="api_webhook_rotate"),
    path(f"{_WEBHOOK}test/", WebhookTestView.as_view(), name="api_webhook_test"),
    path(f"{_WEBHOOK}deliveries/", DeliveriesView.as_view(), name="api_deliveries"),
    path(f"{_WEBHOOK}deliveries/<uuid:delivery_id>/resend/", ResendView.as_view(), name="api_delivery_resend"),
    path("inference/prompts/", PromptsView.as_view(), name="api_prompts"),
    path("inference/prompts/<slug:prompt>/", PromptView.as_view(), name="api_prompt"),
    path("inference/prompts/<slug:prompt>/versions/", VersionsView.as_view(), name="api_prompt_versions"),
    path("inference/models/", ModelsView.as_view(), name="api_models"),
    path("inference/aliases/", AliasesView.as_view(), name="api_aliases"),
    path("inference/aliases/<slug:alias>/", AliasView.as_view(), name="api_alias"),
    path("inference/credentials/", CredentialsView.as_view(), name="api_credentials"),
    path("inference/credentials/<int:credential_id>/", CredentialView.as_view(), name="api_credential"),
    path(
        "inference/credentials/<int:credential_id>/replace/",
        CredentialReplaceView.as_view(),
        name="api_credential_replace",
    ),
    path(
        "inference/credentials/<int:credential_id>/test/", CredentialTestView.as_view(), name="api_credential_test"
    ),
]
