from django.urls import path

from inference.views import (
    batches,
    costs,
    jobs,
    models,
    playground,
    prompt_trials,
    prompts,
    provider_keys,
    rules,
    webhooks,
)

_WEBHOOK = "o/<slug:organization>/webhooks/<uuid:webhook_id>/"
# Below a word of its own, so that a prompt may be called `new`.
_PROMPT = "o/<slug:organization>/prompts/p/<slug:prompt>/"

urlpatterns = [
    path("o/<slug:organization>/batches/", batches.listing, name="batches"),
    path("o/<slug:organization>/batches/<uuid:batch_id>/", batches.detail, name="batch"),
    path("o/<slug:organization>/batches/<uuid:batch_id>/progress/", batches.progress, name="batch_progress"),
    path("o/<slug:organization>/batches/<uuid:batch_id>/cancel/", batches.cancel, name="batch_cancel"),
    path("o/<slug:organization>/jobs/", jobs.listing, name="jobs"),
    path("o/<slug:organization>/jobs/<uuid:job_id>/", jobs.detail, name="job"),
    path("o/<slug:organization>/jobs/<uuid:job_id>/cancel/", jobs.cancel, name="job_cancel"),
    path("o/<slug:organization>/llm-costs/", costs.page, name="llm_costs"),
    path("o/<slug:organization>/llm-costs.csv", costs.table_csv, name="llm_costs_csv"),
    path("o/<slug:organization>/playground/", playground.page, name="playground"),
    path("o/<slug:organization>/prompts/", prompts.listing, name="prompts"),
    path("o/<slug:organization>/prompts/new/", prompts.new, name="prompt_new"),
    path(_PROMPT, prompts.detail, name="prompt"),
    path(f"{_PROMPT}versions/new/", prompts.new_version, name="prompt_version_new"),
    path(f"{_PROMPT}try/", prompt_trials.page, name="prompt_try"),
    path(f"{_PROMPT}archive/", prompts.archive, name="prompt_archive"),
    path("o/<slug:organization>/settings/jobs/", rules.of_organization, name="settings_jobs"),
    path("o/<slug:organization>/p/<slug:project>/settings/jobs/", rules.of_project, name="project_jobs"),
    path("o/<slug:organization>/p/<slug:project>/settings/jobs/remove/", rules.remove, name="project_jobs_remove"),
    path("o/<slug:organization>/webhooks/", webhooks.listing, name="webhooks"),
    path(_WEBHOOK, webhooks.detail, name="webhook"),
    path(f"{_WEBHOOK}rotate/", webhooks.rotate, name="webhook_rotate"),
    path(f"{_WEBHOOK}delete/", webhooks.delete, name="webhook_delete"),
    path(f"{_WEBHOOK}switch/", webhooks.switch, name="webhook_switch"),
    path(f"{_WEBHOOK}test/", webhooks.test, name="webhook_test"),
    path(f"{_WEBHOOK}deliveries/<uuid:delivery_id>/resend/", webhooks.resend, name="delivery_resend"),
    path("o/<slug:organization>/models/", models.page, name="models"),
    path("o/<slug:organization>/models/aliases/new/", models.alias_new, name="model_alias_new"),
    path("o/<slug:organization>/models/aliases/<slug:alias>/", models.alias_edit, name="model_alias"),
    path(
        "o/<slug:organization>/models/aliases/<slug:alias>/delete/", models.alias_delete, name="model_alias_delete"
    ),
    path("o/<slug:organization>/models/keys/new/", provider_keys.new, name="provider_key_new"),
    path(
        "o/<slug:organization>/models/keys/<int:credential_id>/replace/",
        provider_keys.replace,
        name="provider_key_replace",
    ),
    path(
        "o/<slug:organization>/models/keys/<int:credential_id>/test/", provider_keys.test, name="provider_key_test"
    ),
    path(
        "o/<slug:organization>/models/keys/<int:credential_id>/default/",
        provider_keys.default,
        name="provider_key_default",
    ),
    path(
        "o/<slug:organization>/models/keys/<int:credential_id>/revoke/",
        provider_keys.revoke,
        name="provider_key_revoke",
    ),
]
