"""Who gets what at every address. A route without a row fails; adding one is one line in the table below."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import pytest
from django.contrib.auth.models import Permission
from django.core.cache import cache
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver, reverse

from accounts import keys
from accounts.permissions import Role, Scope
from accounts.queries.health import WORKER_SEEN
from tests import factories

# The columns of the table.
PEOPLE = (
    "anonymous", "stranger", "viewer", "analyst", "admin", "billing", "owner", "unassigned", "staff", "superuser",
)  # fmt: skip
# Routes of libraries, which have tests of their own below.
FAMILIES = ("admin/", "accounts/")

# A POST that is let in but has nothing to say is answered 400 or 422; what the admin removes, the owner misses.
# `unassigned` is staff without a permission, `staff` may look at everything in the staff admin, which has a table of
# its own (`test_access_matrix_admin.py`). Outside of it, staff are strangers.
TABLE = """
GET  plumbline.js                                                  200 200 200 200 200 200 200 200 200 200
GET  healthz                                                       200 200 200 200 200 200 200 200 200 200
GET  readyz                                                        503 503 503 503 503 503 503 503 503 503
GET  api/schema/                                                   200 200 200 200 200 200 200 200 200 200
GET  api/docs/                                                     200 200 200 200 200 200 200 200 200 200
GET  api/v1/key/                                                   401 401 401 401 401 401 401 401 401 401
POST api/v1/events/                                                401 401 401 401 401 401 401 401 401 401
POST ^{segment}/?$                                                 401 401 401 401 401 401 401 401 401 401
POST ^{posthog}/?$                                                 401 401 401 401 401 401 401 401 401 401
POST ^{plausible}/?$                                               400 400 400 400 400 400 400 400 400 400
POST ^{umami}/?$                                                   400 400 400 400 400 400 400 400 400 400
GET  ^array/{key}/config(?:\\.js)?/?$                               200 200 200 200 200 200 200 200 200 200
GET  api/v1/projects/                                              401 200 200 200 200 200 200 200 200 200
GET  api/v1/projects/<int:project_id>/                             401 404 200 200 200 403 200 404 404 404
GET  api/v1/projects/<int:project_id>/access/                      401 404 403 403 200 403 200 404 404 404
PUT  api/v1/projects/<int:project_id>/access/                      401 404 403 403 400 403 400 404 404 404
POST api/v1/projects/<int:project_id>/query/                       401 404 400 400 400 403 400 404 404 404
POST api/v2/query                                                  401 401 401 401 401 401 401 401 401 401
POST api/v1/projects/<int:project_id>/sql/                         401 404 403 400 400 403 400 404 404 404
GET  api/v1/query-schema/                                          200 200 200 200 200 200 200 200 200 200
POST api/v1/projects/<int:project_id>/query/explain/               401 404 403 400 400 403 400 404 404 404
GET  api/v1/projects/<int:project_id>/query/explain/               401 404 403 400 400 403 400 404 404 404
GET  api/v1/projects/<int:project_id>/query/<uuid:run_id>/         401 404 409 409 409 403 409 404 404 404
DELETE api/v1/projects/<int:project_id>/query/<uuid:run_id>/       401 404 204 204 204 403 204 404 404 404
GET  api/v1/projects/<int:project_id>/insights/ 401 404 200 200 200 403 200 404 404 404
POST api/v1/projects/<int:project_id>/insights/ 401 404 403 400 400 403 400 404 404 404
GET  api/v1/projects/<int:project_id>/insights/<uuid:insight_id>/ 401 404 200 200 200 403 200 404 404 404
GET  api/v1/projects/<int:project_id>/insights/<uuid:insight_id>/shares/ 401 404 403 403 200 403 200 404 404 404
POST api/v1/projects/<int:project_id>/insights/<uuid:insight_id>/shares/ 401 404 403 403 201 403 201 404 404 404
DELETE api/v1/projects/<int:project_id>/insights/<uuid:insight_id>/shares/<int:share_id>/ 401 404 403 403 204 403 204 404 404 404
PATCH api/v1/projects/<int:project_id>/insights/<uuid:insight_id>/ 401 404 403 200 200 403 200 404 404 404
GET  api/v1/projects/<int:project_id>/insights/<uuid:insight_id>/result/ 401 404 200 200 200 403 200 404 404 404
GET  api/v1/projects/<int:project_id>/insights/<uuid:insight_id>/history/ 401 404 200 200 200 403 200 404 404 404
POST api/v1/projects/<int:project_id>/insights/<uuid:insight_id>/restore/<int:number>/ 401 404 403 200 200 403 200 404 404 404
DELETE api/v1/projects/<int:project_id>/insights/<uuid:insight_id>/ 401 404 403 204 404 403 404 404 404 404
GET  api/v1/projects/<int:project_id>/cohorts/ 401 404 200 200 200 403 200 404 404 404
POST api/v1/projects/<int:project_id>/cohorts/ 401 404 403 400 400 403 400 404 404 404
GET  api/v1/projects/<int:project_id>/cohorts/<int:cohort_id>/ 401 404 200 200 200 403 200 404 404 404
PATCH api/v1/projects/<int:project_id>/cohorts/<int:cohort_id>/ 401 404 403 200 200 403 200 404 404 404
GET  api/v1/projects/<int:project_id>/cohorts/<int:cohort_id>/members/ 401 404 200 200 200 403 200 404 404 404
POST api/v1/projects/<int:project_id>/cohorts/<int:cohort_id>/compute/ 401 404 403 202 202 403 202 404 404 404
DELETE api/v1/projects/<int:project_id>/cohorts/<int:cohort_id>/ 401 404 403 204 404 403 404 404 404 404
GET  api/v1/projects/<int:project_id>/drops/                       401 404 200 200 200 403 200 404 404 404
GET  api/v1/organizations/                                         401 200 200 200 200 200 200 200 200 200
GET  api/v1/organizations/<slug:organization>/                     401 404 200 200 200 200 200 404 404 404
PATCH api/v1/organizations/<slug:organization>/                    401 404 403 403 200 403 200 404 404 404
GET  api/v1/organizations/<slug:organization>/usage/               401 404 200 200 200 200 200 404 404 404
GET  api/v1/plans/                                                 200 200 200 200 200 200 200 200 200 200
POST api/v1/stripe/events/                                         404 404 404 404 404 404 404 404 404 404
GET  api/v1/organizations/<slug:organization>/subscription/        401 404 403 403 403 200 200 404 404 404
GET  api/v1/organizations/<slug:organization>/invoices/            401 404 403 403 403 200 200 404 404 404
GET  api/v1/organizations/<slug:organization>/invoices/<int:invoice_id>/ 401 404 403 403 403 200 200 404 404 404
GET  api/v1/organizations/<slug:organization>/invoices/<int:invoice_id>/pdf/ 401 404 403 403 403 200 200 404 404 404
GET  api/v1/organizations/<slug:organization>/caps/                401 404 200 200 200 200 200 404 404 404
PUT  api/v1/organizations/<slug:organization>/caps/<str:currency>/ 401 404 403 403 403 400 400 404 404 404
DELETE api/v1/organizations/<slug:organization>/caps/<str:currency>/ 401 404 403 403 403 204 404 404 404 404
GET  api/v1/organizations/<slug:organization>/audit/               401 404 403 403 200 403 200 404 404 404
GET  api/v1/organizations/<slug:organization>/keys/                401 404 403 403 200 403 200 404 404 404
POST api/v1/organizations/<slug:organization>/keys/                401 404 403 403 400 403 400 404 404 404
GET  api/v1/organizations/<slug:organization>/keys/<int:key>/      401 404 403 403 200 403 200 404 404 404
POST api/v1/organizations/<slug:organization>/keys/<int:key>/rotate/ 401 404 403 403 200 403 200 404 404 404
DELETE api/v1/organizations/<slug:organization>/keys/<int:key>/    401 404 403 403 204 403 204 404 404 404
GET  api/v1/projects/<int:project_id>/definitions/events/ 401 404 200 200 200 403 200 404 404 404
GET  api/v1/projects/<int:project_id>/definitions/events/<int:event_id>/ 401 404 200 200 200 403 200 404 404 404
PATCH api/v1/projects/<int:project_id>/definitions/events/<int:event_id>/ 401 404 403 200 200 403 200 404 404 404
GET  api/v1/projects/<int:project_id>/definitions/properties/ 401 404 200 200 200 403 200 404 404 404
GET  api/v1/projects/<int:project_id>/definitions/properties/<int:property_id>/ 401 404 200 200 200 403 200 404 404 404
PATCH api/v1/projects/<int:project_id>/definitions/properties/<int:property_id>/ 401 404 403 200 200 403 200 404 404 404
GET  api/v1/projects/<int:project_id>/people/<path:person>/ 401 404 200 200 200 403 200 404 404 404
GET  api/v1/projects/<int:project_id>/people/<path:person>/events/ 401 404 200 200 200 403 200 404 404 404
GET  api/v1/projects/<int:project_id>/groups/<path:group>/ 401 404 200 200 200 403 200 404 404 404
GET  api/v1/projects/<int:project_id>/groups/<path:group>/events/ 401 404 200 200 200 403 200 404 404 404
GET  api/v1/projects/<int:project_id>/export/                      401 404 403 200 200 403 200 404 404 404
GET  api/v1/projects/<int:project_id>/imports/                     401 404 403 403 200 403 200 404 404 404
POST api/v1/projects/<int:project_id>/imports/                     401 404 403 403 415 403 415 404 404 404
GET  api/v1/projects/<int:project_id>/imports/<uuid:import_id>/    401 404 403 403 200 403 200 404 404 404
DELETE api/v1/projects/<int:project_id>/imports/<uuid:import_id>/  401 404 403 403 200 403 409 404 404 404
GET  api/v1/projects/<int:project_id>/sites/                       401 404 200 200 200 403 200 404 404 404
POST api/v1/projects/<int:project_id>/sites/                       401 404 403 403 400 403 400 404 404 404
GET  api/v1/projects/<int:project_id>/sites/<int:site_id>/         401 404 200 200 200 403 200 404 404 404
GET  api/v1/projects/<int:project_id>/erasures/                    401 404 403 403 200 403 200 404 404 404
POST api/v1/projects/<int:project_id>/erasures/                    401 404 403 403 400 403 400 404 404 404
GET  api/v1/projects/<int:project_id>/erasures/<uuid:erasure_id>/  401 404 403 403 200 403 200 404 404 404
GET  api/v1/projects/<int:project_id>/people/<path:person>/export/ 401 404 403 403 200 403 200 404 404 404
POST api/v1/inference/summarize/                                   401 401 401 401 401 401 401 401 401 401
POST api/v1/inference/classify/                                    401 401 401 401 401 401 401 401 401 401
POST api/v1/inference/extract/                                     401 401 401 401 401 401 401 401 401 401
POST api/v1/inference/generate/                                    401 401 401 401 401 401 401 401 401 401
POST api/v1/inference/chat/                                        401 401 401 401 401 401 401 401 401 401
GET  api/v1/inference/batches/                                     401 401 401 401 401 401 401 401 401 401
POST api/v1/inference/batches/                                     401 401 401 401 401 401 401 401 401 401
GET  api/v1/inference/batches/<uuid:batch_id>/                     401 404 200 200 200 403 200 404 404 404
POST api/v1/inference/batches/<uuid:batch_id>/cancel/              401 404 403 200 200 403 200 404 404 404
GET  api/v1/inference/batches/<uuid:batch_id>/results/             401 404 200 200 200 403 200 404 404 404
GET  api/v1/inference/jobs/                                        401 401 401 401 401 401 401 401 401 401
POST api/v1/inference/jobs/                                        401 401 401 401 401 401 401 401 401 401
GET  api/v1/inference/costs/                                       401 401 401 401 401 401 401 401 401 401
POST api/v1/inference/preview/                                     401 401 401 401 401 401 401 401 401 401
GET  api/v1/inference/jobs/<uuid:job_id>/                          401 404 200 200 200 403 200 404 404 404
POST api/v1/inference/jobs/<uuid:job_id>/cancel/                   401 404 403 200 200 403 200 404 404 404
GET  api/v1/organizations/<slug:organization>/job-rules/ 401 404 200 200 200 403 200 404 404 404
PUT  api/v1/organizations/<slug:organization>/job-rules/ 401 404 403 403 200 403 200 404 404 404
GET  api/v1/projects/<int:project_id>/job-rules/ 401 404 200 200 200 403 200 404 404 404
PUT  api/v1/projects/<int:project_id>/job-rules/ 401 404 403 403 200 403 200 404 404 404
DELETE api/v1/projects/<int:project_id>/job-rules/ 401 404 403 403 204 403 204 404 404 404
GET  api/v1/organizations/<slug:organization>/webhooks/ 401 404 403 403 200 403 200 404 404 404
POST api/v1/organizations/<slug:organization>/webhooks/ 401 404 403 403 400 403 400 404 404 404
GET  api/v1/organizations/<slug:organization>/webhooks/<uuid:webhook_id>/ 401 404 403 403 200 403 200 404 404 404
PATCH api/v1/organizations/<slug:organization>/webhooks/<uuid:webhook_id>/ 401 404 403 403 200 403 200 404 404 404
DELETE api/v1/organizations/<slug:organization>/webhooks/<uuid:webhook_id>/ 401 404 403 403 204 403 404 404 404 404
POST api/v1/organizations/<slug:organization>/webhooks/<uuid:webhook_id>/rotate/ 401 404 403 403 200 403 200 404 404 404
POST api/v1/organizations/<slug:organization>/webhooks/<uuid:webhook_id>/test/ 401 404 403 403 202 403 202 404 404 404
GET  api/v1/organizations/<slug:organization>/webhooks/<uuid:webhook_id>/deliveries/ 401 404 403 403 200 403 200 404 404 404
POST api/v1/organizations/<slug:organization>/webhooks/<uuid:webhook_id>/deliveries/<uuid:delivery_id>/resend/ 401 404 403 403 202 403 409 404 404 404
GET  api/v1/inference/prompts/ 401 401 401 401 401 401 401 401 401 401
POST api/v1/inference/prompts/ 401 401 401 401 401 401 401 401 401 401
GET  api/v1/inference/prompts/<slug:prompt>/ 401 401 401 401 401 401 401 401 401 401
PATCH api/v1/inference/prompts/<slug:prompt>/ 401 401 401 401 401 401 401 401 401 401
GET  api/v1/inference/prompts/<slug:prompt>/versions/ 401 401 401 401 401 401 401 401 401 401
POST api/v1/inference/prompts/<slug:prompt>/versions/ 401 401 401 401 401 401 401 401 401 401
GET  api/v1/inference/models/                                      401 401 401 401 401 401 401 401 401 401
GET  api/v1/inference/aliases/                                     401 401 401 401 401 401 401 401 401 401
POST api/v1/inference/aliases/                                     401 401 401 401 401 401 401 401 401 401
GET  api/v1/inference/aliases/<slug:alias>/                        401 401 401 401 401 401 401 401 401 401
PUT  api/v1/inference/aliases/<slug:alias>/                        401 401 401 401 401 401 401 401 401 401
DELETE api/v1/inference/aliases/<slug:alias>/                      401 401 401 401 401 401 401 401 401 401
GET  api/v1/inference/credentials/                                 401 401 401 401 401 401 401 401 401 401
POST api/v1/inference/credentials/                                 401 401 401 401 401 401 401 401 401 401
GET  api/v1/inference/credentials/<int:credential_id>/             401 401 401 401 401 401 401 401 401 401
PATCH api/v1/inference/credentials/<int:credential_id>/            401 401 401 401 401 401 401 401 401 401
DELETE api/v1/inference/credentials/<int:credential_id>/           401 401 401 401 401 401 401 401 401 401
POST api/v1/inference/credentials/<int:credential_id>/replace/     401 401 401 401 401 401 401 401 401 401
POST api/v1/inference/credentials/<int:credential_id>/test/        401 401 401 401 401 401 401 401 401 401
POST v1/chat/completions 401 401 401 401 401 401 401 401 401 401
GET v1/models 401 401 401 401 401 401 401 401 401 401
GET v1/models/<path:model> 401 401 401 401 401 401 401 401 401 401
POST v1/responses 401 401 401 401 401 401 401 401 401 401
GET v1/responses/<str:response_id> 401 401 401 401 401 401 401 401 401 401
DELETE v1/responses/<str:response_id> 401 401 401 401 401 401 401 401 401 401
POST v1/responses/<str:response_id>/cancel 401 401 401 401 401 401 401 401 401 401
GET  shared/<str:token>/                                           404 404 404 404 404 404 404 404 404 404
GET  /                                                             302 302 302 302 302 302 302 302 302 302
GET  styleguide/                                                   404 404 404 404 404 404 404 200 200 200
GET  organizations/new/                                            302 200 200 200 200 200 200 200 200 200
POST organizations/new/                                            302 422 422 422 422 422 422 422 422 422
GET  o/<slug:organization>/                                        302 404 200 200 200 302 200 404 404 404
GET  o/<slug:organization>/projects/new/                           302 404 403 403 200 403 200 404 404 404
POST o/<slug:organization>/projects/new/                           302 404 403 403 422 403 422 404 404 404
GET  o/<slug:organization>/settings/keys/                          302 404 403 403 200 403 200 404 404 404
POST o/<slug:organization>/settings/keys/                          302 404 403 403 422 403 422 404 404 404
GET  o/<slug:organization>/settings/keys/<int:key>/revoke/         302 404 403 403 200 403 200 404 404 404
POST o/<slug:organization>/settings/keys/<int:key>/revoke/         302 404 403 403 302 403 302 404 404 404
GET  o/<slug:organization>/settings/keys/<int:key>/rotate/         302 404 403 403 200 403 200 404 404 404
POST o/<slug:organization>/settings/keys/<int:key>/rotate/         302 404 403 403 422 403 422 404 404 404
GET  o/<slug:organization>/settings/audit/                         302 404 403 403 200 403 200 404 404 404
GET  o/<slug:organization>/settings/audit.csv                      302 404 403 403 200 403 200 404 404 404
GET  api/v1/organizations/<slug:organization>/members/ 401 404 200 200 200 200 200 404 404 404
GET  api/v1/organizations/<slug:organization>/members/<int:member_id>/ 401 404 200 200 200 200 200 404 404 404
PATCH api/v1/organizations/<slug:organization>/members/<int:member_id>/ 401 404 403 403 400 403 400 404 404 404
DELETE api/v1/organizations/<slug:organization>/members/<int:member_id>/ 401 404 403 403 204 403 404 404 404 404
GET  api/v1/organizations/<slug:organization>/invitations/ 401 404 403 403 200 403 200 404 404 404
POST api/v1/organizations/<slug:organization>/invitations/ 401 404 403 403 400 403 400 404 404 404
GET  api/v1/organizations/<slug:organization>/invitations/<int:invitation_id>/ 401 404 403 403 200 403 200 404 404 404
DELETE api/v1/organizations/<slug:organization>/invitations/<int:invitation_id>/ 401 404 403 403 204 403 409 404 404 404
POST api/v1/organizations/<slug:organization>/invitations/<int:invitation_id>/resend/ 401 404 403 403 200 403 429 404 404 404
GET  o/<slug:organization>/settings/jobs/ 302 404 403 403 200 403 200 404 404 404
POST o/<slug:organization>/settings/jobs/ 302 404 403 403 302 403 302 404 404 404
GET  o/<slug:organization>/p/<slug:project>/settings/jobs/ 302 404 403 403 200 403 200 404 404 404
POST o/<slug:organization>/p/<slug:project>/settings/jobs/ 302 404 403 403 302 403 302 404 404 404
POST o/<slug:organization>/p/<slug:project>/settings/jobs/remove/ 302 404 403 403 302 403 302 404 404 404
GET  o/<slug:organization>/webhooks/ 302 404 403 403 200 403 200 404 404 404
POST o/<slug:organization>/webhooks/ 302 404 403 403 422 403 422 404 404 404
GET  o/<slug:organization>/webhooks/<uuid:webhook_id>/ 302 404 403 403 200 403 200 404 404 404
POST o/<slug:organization>/webhooks/<uuid:webhook_id>/ 302 404 403 403 422 403 422 404 404 404
GET  o/<slug:organization>/webhooks/<uuid:webhook_id>/rotate/ 302 404 403 403 200 403 200 404 404 404
POST o/<slug:organization>/webhooks/<uuid:webhook_id>/rotate/ 302 404 403 403 422 403 422 404 404 404
GET  o/<slug:organization>/webhooks/<uuid:webhook_id>/delete/ 302 404 403 403 200 403 200 404 404 404
POST o/<slug:organization>/webhooks/<uuid:webhook_id>/delete/ 302 404 403 403 302 403 404 404 404 404
POST o/<slug:organization>/webhooks/<uuid:webhook_id>/switch/ 302 404 403 403 302 403 302 404 404 404
POST o/<slug:organization>/webhooks/<uuid:webhook_id>/test/ 302 404 403 403 302 403 302 404 404 404
POST o/<slug:organization>/webhooks/<uuid:webhook_id>/deliveries/<uuid:delivery_id>/resend/ 302 404 403 403 302 403 409 404 404 404
GET  o/<slug:organization>/settings/members/ 302 404 200 200 200 200 200 404 404 404
GET  o/<slug:organization>/settings/ 302 404 200 200 200 200 200 404 404 404
POST o/<slug:organization>/settings/rename/ 302 404 403 403 422 403 422 404 404 404
GET  o/<slug:organization>/settings/sso/ 302 404 403 403 403 403 200 404 404 404
POST o/<slug:organization>/settings/sso/ 302 404 403 403 403 403 422 404 404 404
POST o/<slug:organization>/settings/sso/remove/ 302 404 403 403 403 403 409 404 404 404
POST o/<slug:organization>/settings/sso/test/ 302 404 403 403 403 403 409 404 404 404
POST o/<slug:organization>/settings/sso/enforce/ 302 404 403 403 403 403 409 404 404 404
POST o/<slug:organization>/settings/sso/domains/ 302 404 403 403 403 403 422 404 404 404
POST o/<slug:organization>/settings/sso/domains/<int:claim_id>/prove/ 302 404 403 403 403 403 302 404 404 404
GET  o/<slug:organization>/settings/sso/domains/<int:claim_id>/release/ 302 404 403 403 403 403 200 404 404 404
POST o/<slug:organization>/settings/sso/domains/<int:claim_id>/release/ 302 404 403 403 403 403 302 404 404 404
GET  o/<slug:organization>/settings/plan/                          302 404 403 403 403 200 200 404 404 404
GET  o/<slug:organization>/settings/plan/prices/<int:price_id>/    302 404 403 403 403 200 200 404 404 404
POST o/<slug:organization>/settings/plan/prices/<int:price_id>/    302 404 403 403 403 302 422 404 404 404
GET  o/<slug:organization>/settings/plan/paid/                     302 404 403 403 403 200 200 404 404 404
POST o/<slug:organization>/settings/plan/cards/                    302 404 403 403 403 404 404 404 404 404
POST o/<slug:organization>/settings/plan/cancel/                   302 404 403 403 403 409 409 404 404 404
POST o/<slug:organization>/settings/plan/keep/                     302 404 403 403 403 409 409 404 404 404
POST o/<slug:organization>/settings/plan/pause/                    302 404 403 403 403 409 409 404 404 404
POST o/<slug:organization>/settings/plan/resume/                   302 404 403 403 403 409 409 404 404 404
POST o/<slug:organization>/settings/plan/request/withdraw/         302 404 403 403 403 409 409 404 404 404
POST o/<slug:organization>/settings/plan/invoices/                 302 404 403 403 403 302 302 404 404 404
POST o/<slug:organization>/settings/leave/ 302 404 302 302 302 302 409 404 404 404
POST o/<slug:organization>/settings/hand-over/ 302 404 403 403 403 403 422 404 404 404
POST o/<slug:organization>/settings/delete/ 302 404 403 403 403 403 422 404 404 404
POST o/<slug:organization>/settings/restore/ 302 404 403 403 403 403 409 404 404 404
POST o/<slug:organization>/settings/members/<int:member_id>/role/ 302 404 403 403 400 403 400 404 404 404
GET  o/<slug:organization>/settings/members/<int:member_id>/remove/ 302 404 403 403 200 403 200 404 404 404
POST o/<slug:organization>/settings/members/<int:member_id>/remove/ 302 404 403 403 302 403 404 404 404 404
POST o/<slug:organization>/settings/invitations/ 302 404 403 403 422 403 422 404 404 404
POST o/<slug:organization>/settings/invitations/<int:invitation_id>/resend/ 302 404 403 403 302 403 429 404 404 404
POST o/<slug:organization>/settings/invitations/<int:invitation_id>/revoke/ 302 404 403 403 302 403 409 404 404 404
GET  invitations/<str:token>/ 200 200 200 200 200 200 200 200 200 200
POST invitations/<str:token>/ 302 403 403 403 403 403 403 403 403 403
GET  o/<slug:organization>/settings/usage/                         302 404 200 200 200 200 200 404 404 404
GET  o/<slug:organization>/settings/usage.csv                      302 404 200 200 200 200 200 404 404 404
GET  o/<slug:organization>/settings/meters.csv                     302 404 200 200 200 200 200 404 404 404
GET  o/<slug:organization>/settings/invoices/                      302 404 403 403 403 200 200 404 404 404
GET  o/<slug:organization>/settings/invoices/<int:invoice_id>/     302 404 403 403 403 200 200 404 404 404
GET  o/<slug:organization>/settings/invoices/<int:invoice_id>/pdf/ 302 404 403 403 403 200 200 404 404 404
GET  o/<slug:organization>/settings/invoices/<int:invoice_id>/credit-notes/<int:note_id>/ 302 404 403 403 403 200 200 404 404 404
GET  o/<slug:organization>/settings/caps/                          302 404 403 403 403 200 200 404 404 404
POST o/<slug:organization>/settings/caps/                          302 404 403 403 403 422 422 404 404 404
POST o/<slug:organization>/settings/caps/<str:currency>/remove/    302 404 403 403 403 302 404 404 404 404
POST o/<slug:organization>/quota/dismiss/                          302 404 302 302 302 302 302 404 404 404
GET  o/<slug:organization>/batches/                                302 404 200 200 200 403 200 404 404 404
POST o/<slug:organization>/batches/                                302 404 403 422 422 403 422 404 404 404
GET  o/<slug:organization>/batches/<uuid:batch_id>/                302 404 200 200 200 403 200 404 404 404
GET  o/<slug:organization>/batches/<uuid:batch_id>/progress/       302 404 200 200 200 403 200 404 404 404
POST o/<slug:organization>/batches/<uuid:batch_id>/cancel/         302 404 403 302 302 403 302 404 404 404
GET  o/<slug:organization>/jobs/                                   302 404 200 200 200 403 200 404 404 404
GET  o/<slug:organization>/jobs/<uuid:job_id>/                     302 404 200 200 200 403 200 404 404 404
GET  o/<slug:organization>/models/                                 302 404 200 200 200 403 200 404 404 404
GET  o/<slug:organization>/models/aliases/new/                     302 404 403 403 200 403 200 404 404 404
POST o/<slug:organization>/models/aliases/new/                     302 404 403 403 422 403 422 404 404 404
GET  o/<slug:organization>/models/aliases/<slug:alias>/            302 404 403 403 200 403 200 404 404 404
POST o/<slug:organization>/models/aliases/<slug:alias>/            302 404 403 403 422 403 422 404 404 404
GET  o/<slug:organization>/models/aliases/<slug:alias>/delete/     302 404 403 403 200 403 200 404 404 404
POST o/<slug:organization>/models/aliases/<slug:alias>/delete/     302 404 403 403 302 403 404 404 404 404
GET  o/<slug:organization>/models/keys/new/                        302 404 403 403 200 403 200 404 404 404
POST o/<slug:organization>/models/keys/new/                        302 404 403 403 422 403 422 404 404 404
GET  o/<slug:organization>/models/keys/<int:credential_id>/replace/ 302 404 403 403 200 403 200 404 404 404
POST o/<slug:organization>/models/keys/<int:credential_id>/replace/ 302 404 403 403 422 403 422 404 404 404
GET  o/<slug:organization>/models/keys/<int:credential_id>/test/   302 404 403 403 200 403 200 404 404 404
POST o/<slug:organization>/models/keys/<int:credential_id>/test/   302 404 403 403 302 403 302 404 404 404
POST o/<slug:organization>/models/keys/<int:credential_id>/default/ 302 404 403 403 302 403 302 404 404 404
GET  o/<slug:organization>/models/keys/<int:credential_id>/revoke/ 302 404 403 403 200 403 200 404 404 404
POST o/<slug:organization>/models/keys/<int:credential_id>/revoke/ 302 404 403 403 302 403 302 404 404 404
GET  o/<slug:organization>/playground/ 302 404 403 200 200 403 200 404 404 404
POST o/<slug:organization>/playground/ 302 404 403 422 422 403 422 404 404 404
GET  o/<slug:organization>/prompts/ 302 404 200 200 200 403 200 404 404 404
GET  o/<slug:organization>/prompts/new/ 302 404 403 200 200 403 200 404 404 404
POST o/<slug:organization>/prompts/new/ 302 404 403 422 422 403 422 404 404 404
GET  o/<slug:organization>/prompts/p/<slug:prompt>/ 302 404 200 200 200 403 200 404 404 404
POST o/<slug:organization>/prompts/p/<slug:prompt>/ 302 404 403 422 422 403 422 404 404 404
GET  o/<slug:organization>/prompts/p/<slug:prompt>/versions/new/ 302 404 403 200 200 403 200 404 404 404
POST o/<slug:organization>/prompts/p/<slug:prompt>/versions/new/ 302 404 403 422 422 403 422 404 404 404
GET  o/<slug:organization>/prompts/p/<slug:prompt>/try/ 302 404 403 200 200 403 200 404 404 404
POST o/<slug:organization>/prompts/p/<slug:prompt>/try/ 302 404 403 422 422 403 422 404 404 404
POST o/<slug:organization>/prompts/p/<slug:prompt>/archive/ 302 404 403 302 302 403 302 404 404 404
GET  o/<slug:organization>/llm-costs/                              302 404 200 200 200 403 200 404 404 404
GET  o/<slug:organization>/llm-costs.csv                           302 404 200 200 200 403 200 404 404 404
POST o/<slug:organization>/jobs/<uuid:job_id>/cancel/              302 404 403 302 302 403 302 404 404 404
GET  o/<slug:organization>/p/<slug:project>/                       302 404 200 200 200 403 200 404 404 404
GET  o/<slug:organization>/p/<slug:project>/arrived/               302 404 204 204 204 403 204 404 404 404
GET  o/<slug:organization>/p/<slug:project>/panels/<slug:region>/   302 404 200 200 200 403 200 404 404 404
GET  o/<slug:organization>/p/<slug:project>/tables/<slug:panel>/    302 404 200 200 200 403 200 404 404 404
GET  o/<slug:organization>/p/<slug:project>/tables/<slug:panel>.csv 302 404 200 200 200 403 200 404 404 404
GET  o/<slug:organization>/p/<slug:project>/chart.csv              302 404 200 200 200 403 200 404 404 404
GET  o/<slug:organization>/p/<slug:project>/chart.svg              302 404 200 200 200 403 200 404 404 404
POST o/<slug:organization>/p/<slug:project>/start/                 302 404 403 403 200 403 200 404 404 404
GET  o/<slug:organization>/p/<slug:project>/cohorts/ 302 404 200 200 200 403 200 404 404 404
GET  o/<slug:organization>/p/<slug:project>/cohorts/new/ 302 404 403 200 200 403 200 404 404 404
POST o/<slug:organization>/p/<slug:project>/cohorts/new/ 302 404 403 422 422 403 422 404 404 404
GET  o/<slug:organization>/p/<slug:project>/cohorts/<int:cohort_id>/ 302 404 200 200 200 403 200 404 404 404
GET  o/<slug:organization>/p/<slug:project>/cohorts/<int:cohort_id>/edit/ 302 404 403 200 200 403 200 404 404 404
POST o/<slug:organization>/p/<slug:project>/cohorts/<int:cohort_id>/edit/ 302 404 403 422 422 403 422 404 404 404
POST o/<slug:organization>/p/<slug:project>/cohorts/<int:cohort_id>/compute/ 302 404 403 302 302 403 302 404 404 404
POST o/<slug:organization>/p/<slug:project>/cohorts/<int:cohort_id>/delete/ 302 404 403 302 404 403 404 404 404 404
GET  o/<slug:organization>/p/<slug:project>/sql/                   302 404 403 200 200 403 200 404 404 404
GET  o/<slug:organization>/p/<slug:project>/explore/               302 404 200 200 200 403 200 404 404 404
POST o/<slug:organization>/p/<slug:project>/explore/saved/new/     302 404 403 400 400 403 400 404 404 404
GET  o/<slug:organization>/p/<slug:project>/explore/saved/<uuid:insight>/ 302 404 200 200 200 403 200 404 404 404
POST o/<slug:organization>/p/<slug:project>/explore/saved/<uuid:insight>/change/ 302 404 403 400 400 403 400 404 404 404
POST o/<slug:organization>/p/<slug:project>/explore/saved/<uuid:insight>/delete/ 302 404 403 302 404 403 404 404 404 404
POST o/<slug:organization>/p/<slug:project>/explore/saved/<uuid:insight>/visibility/ 302 404 403 302 302 403 302 404 404 404
GET  o/<slug:organization>/p/<slug:project>/explore/saved/<uuid:insight>/share/ 302 404 403 403 200 403 200 404 404 404
POST o/<slug:organization>/p/<slug:project>/explore/saved/<uuid:insight>/share/ 302 404 403 403 422 403 422 404 404 404
POST o/<slug:organization>/p/<slug:project>/explore/saved/<uuid:insight>/share/<int:share>/revoke/ 302 404 403 403 302 403 302 404 404 404
GET  o/<slug:organization>/p/<slug:project>/explore/<slug:kind>/   302 404 200 200 200 403 200 404 404 404
GET  o/<slug:organization>/p/<slug:project>/explore/<slug:kind>/answer.csv 302 404 200 200 200 403 200 404 404 404
GET  o/<slug:organization>/p/<slug:project>/explore/<slug:kind>/<int:place>.svg 302 404 404 404 404 403 404 404 404 404
GET  o/<slug:organization>/p/<slug:project>/explore/<slug:kind>/explain/ 302 404 403 200 200 403 200 404 404 404
GET  o/<slug:organization>/p/<slug:project>/explore/runs/<uuid:run>/ 302 404 200 200 200 403 200 404 404 404
POST o/<slug:organization>/p/<slug:project>/explore/runs/<uuid:run>/cancel/ 302 404 302 302 302 403 302 404 404 404
GET  o/<slug:organization>/p/<slug:project>/people/<path:person>/  302 404 200 200 200 403 200 404 404 404
GET  o/<slug:organization>/p/<slug:project>/groups/<path:group>/   302 404 200 200 200 403 200 404 404 404
GET  o/<slug:organization>/p/<slug:project>/live/                  302 404 200 200 200 403 200 404 404 404
GET  o/<slug:organization>/p/<slug:project>/live/events/           302 404 200 200 200 403 200 404 404 404
GET  o/<slug:organization>/p/<slug:project>/data/ 302 404 200 200 200 403 200 404 404 404
GET  o/<slug:organization>/p/<slug:project>/data/properties/ 302 404 200 200 200 403 200 404 404 404
GET  o/<slug:organization>/p/<slug:project>/data/events/<int:event_id>/ 302 404 200 200 200 403 200 404 404 404
POST o/<slug:organization>/p/<slug:project>/data/events/<int:event_id>/ 302 404 403 302 302 403 302 404 404 404
GET  o/<slug:organization>/p/<slug:project>/data/properties/<int:property_id>/ 302 404 200 200 200 403 200 404 404 404
POST o/<slug:organization>/p/<slug:project>/data/properties/<int:property_id>/ 302 404 403 302 302 403 302 404 404 404
GET  o/<slug:organization>/p/<slug:project>/settings/              302 404 200 200 200 403 200 404 404 404
POST o/<slug:organization>/p/<slug:project>/settings/              302 404 403 403 422 403 422 404 404 404
GET  o/<slug:organization>/p/<slug:project>/settings/access/       302 404 403 403 200 403 200 404 404 404
POST o/<slug:organization>/p/<slug:project>/settings/access/       302 404 403 403 422 403 422 404 404 404
GET  o/<slug:organization>/p/<slug:project>/settings/privacy/      302 404 403 403 200 403 200 404 404 404
GET  o/<slug:organization>/p/<slug:project>/settings/privacy/export/ 302 404 403 403 400 403 400 404 404 404
POST o/<slug:organization>/p/<slug:project>/settings/privacy/erase/ 302 404 403 403 422 403 422 404 404 404
GET  o/<slug:organization>/p/<slug:project>/settings/privacy/erasures/<uuid:erasure>/ 302 404 403 403 200 403 200 404 404 404
GET  o/<slug:organization>/p/<slug:project>/settings/drops.csv     302 404 200 200 200 403 200 404 404 404
GET  o/<slug:organization>/p/<slug:project>/imported/              302 404 200 200 200 403 200 404 404 404
GET  o/<slug:organization>/p/<slug:project>/settings/export/       302 404 403 200 200 403 200 404 404 404
GET  o/<slug:organization>/p/<slug:project>/settings/export/file/  302 404 403 200 200 403 200 404 404 404
GET  o/<slug:organization>/p/<slug:project>/settings/import/       302 404 403 403 200 403 200 404 404 404
POST o/<slug:organization>/p/<slug:project>/settings/import/       302 404 403 403 422 403 422 404 404 404
GET  o/<slug:organization>/p/<slug:project>/settings/import/<uuid:import_id>/ 302 404 403 403 200 403 200 404 404 404
POST o/<slug:organization>/p/<slug:project>/settings/import/<uuid:import_id>/ 302 404 403 403 409 403 409 404 404 404
GET  o/<slug:organization>/p/<slug:project>/settings/import/<uuid:import_id>/progress/ 302 404 403 403 200 403 200 404 404 404
POST o/<slug:organization>/p/<slug:project>/settings/import/<uuid:import_id>/cancel/ 302 404 403 403 302 403 409 404 404 404
POST o/<slug:organization>/p/<slug:project>/settings/import/<uuid:import_id>/retry/ 302 404 403 403 409 403 409 404 404 404
POST o/<slug:organization>/p/<slug:project>/settings/keys/         302 404 403 403 422 403 422 404 404 404
POST o/<slug:organization>/p/<slug:project>/settings/keys/<int:key>/revoke/ 302 404 403 403 302 403 302 404 404 404
POST o/<slug:organization>/p/<slug:project>/settings/sites/        302 404 403 403 422 403 422 404 404 404
POST o/<slug:organization>/p/<slug:project>/settings/sites/<int:site>/remove/ 302 404 403 403 302 403 404 404 404 404
"""

# A secret key: none, of a stranger's organization, then one scope each of ours.
KEYS = ("none", "foreign", "query", "ingest", "inference", "privacy", "manage", "members", "sensitive", "billing")
KEY_TABLE = """
GET  api/v1/key/                                                   401 200 200 200 200 200 200 200 200 200
GET  api/v1/projects/                                              401 200 200 403 403 403 403 403 403 403
GET  api/v1/projects/<int:project_id>/                             401 404 200 403 403 403 403 403 403 403
GET  api/v1/projects/<int:project_id>/access/                      401 404 403 403 403 403 403 403 403 403
PUT  api/v1/projects/<int:project_id>/access/                      401 404 403 403 403 403 403 403 403 403
GET  api/v1/projects/<int:project_id>/drops/                       401 404 200 403 403 403 403 403 403 403
GET  api/v1/organizations/<slug:organization>/usage/               401 404 200 403 403 403 403 403 403 200
POST api/v1/projects/<int:project_id>/query/                       401 404 400 403 403 403 403 403 403 403
POST api/v1/projects/<int:project_id>/query/explain/               401 404 400 403 403 403 403 403 403 403
POST api/v1/projects/<int:project_id>/sql/                         401 404 400 403 403 403 403 403 403 403
POST api/v2/query                                                  401 400 400 403 403 403 403 403 403 403
GET  api/v1/projects/<int:project_id>/insights/ 401 404 200 403 403 403 403 403 403 403
POST api/v1/projects/<int:project_id>/insights/ 401 404 400 403 403 403 403 403 403 403
GET  api/v1/projects/<int:project_id>/insights/<uuid:insight_id>/ 401 404 200 403 403 403 403 403 403 403
GET  api/v1/projects/<int:project_id>/insights/<uuid:insight_id>/shares/ 401 404 403 403 403 403 403 403 403 403
POST api/v1/projects/<int:project_id>/insights/<uuid:insight_id>/shares/ 401 404 403 403 403 403 403 403 403 403
DELETE api/v1/projects/<int:project_id>/insights/<uuid:insight_id>/shares/<int:share_id>/ 401 404 403 403 403 403 403 403 403 403
PATCH api/v1/projects/<int:project_id>/insights/<uuid:insight_id>/ 401 404 200 403 403 403 403 403 403 403
GET  api/v1/projects/<int:project_id>/insights/<uuid:insight_id>/result/ 401 404 200 403 403 403 403 403 403 403
GET  api/v1/projects/<int:project_id>/insights/<uuid:insight_id>/history/ 401 404 200 403 403 403 403 403 403 403
POST api/v1/projects/<int:project_id>/insights/<uuid:insight_id>/restore/<int:number>/ 401 404 200 403 403 403 403 403 403 403
DELETE api/v1/projects/<int:project_id>/insights/<uuid:insight_id>/ 401 404 204 403 403 403 403 403 403 403
GET  api/v1/projects/<int:project_id>/cohorts/ 401 404 200 403 403 403 403 403 403 403
POST api/v1/projects/<int:project_id>/cohorts/ 401 404 400 403 403 403 403 403 403 403
GET  api/v1/projects/<int:project_id>/cohorts/<int:cohort_id>/ 401 404 200 403 403 403 403 403 403 403
PATCH api/v1/projects/<int:project_id>/cohorts/<int:cohort_id>/ 401 404 200 403 403 403 403 403 403 403
GET  api/v1/projects/<int:project_id>/cohorts/<int:cohort_id>/members/ 401 404 200 403 403 403 403 403 403 403
POST api/v1/projects/<int:project_id>/cohorts/<int:cohort_id>/compute/ 401 404 202 403 403 403 403 403 403 403
DELETE api/v1/projects/<int:project_id>/cohorts/<int:cohort_id>/ 401 404 204 403 403 403 403 403 403 403
GET  api/v1/projects/<int:project_id>/query/<uuid:run_id>/         401 404 409 403 403 403 403 403 403 403
DELETE api/v1/projects/<int:project_id>/query/<uuid:run_id>/       401 404 204 403 403 403 403 403 403 403
GET  api/v1/projects/<int:project_id>/definitions/events/ 401 404 200 403 403 403 403 403 403 403
GET  api/v1/projects/<int:project_id>/definitions/events/<int:event_id>/ 401 404 200 403 403 403 403 403 403 403
PATCH api/v1/projects/<int:project_id>/definitions/events/<int:event_id>/ 401 404 403 403 403 403 403 403 403 403
GET  api/v1/projects/<int:project_id>/definitions/properties/ 401 404 200 403 403 403 403 403 403 403
GET  api/v1/projects/<int:project_id>/definitions/properties/<int:property_id>/ 401 404 200 403 403 403 403 403 403 403
PATCH api/v1/projects/<int:project_id>/definitions/properties/<int:property_id>/ 401 404 403 403 403 403 403 403 403 403
GET  api/v1/projects/<int:project_id>/people/<path:person>/ 401 404 200 403 403 403 403 403 403 403
GET  api/v1/projects/<int:project_id>/people/<path:person>/events/ 401 404 200 403 403 403 403 403 403 403
GET  api/v1/projects/<int:project_id>/groups/<path:group>/ 401 404 200 403 403 403 403 403 403 403
GET  api/v1/projects/<int:project_id>/groups/<path:group>/events/ 401 404 200 403 403 403 403 403 403 403
GET  api/v1/projects/<int:project_id>/export/                      401 404 200 403 403 403 403 403 403 403
GET  api/v1/projects/<int:project_id>/imports/                     401 404 403 200 403 403 403 403 403 403
POST api/v1/projects/<int:project_id>/imports/                     401 404 403 415 403 403 403 403 403 403
GET  api/v1/projects/<int:project_id>/imports/<uuid:import_id>/    401 404 403 200 403 403 403 403 403 403
DELETE api/v1/projects/<int:project_id>/imports/<uuid:import_id>/  401 404 403 200 403 403 403 403 403 403
GET  api/v1/projects/<int:project_id>/erasures/                    401 404 403 403 403 200 403 403 403 403
POST api/v1/projects/<int:project_id>/erasures/                    401 404 403 403 403 400 403 403 403 403
GET  api/v1/projects/<int:project_id>/erasures/<uuid:erasure_id>/  401 404 403 403 403 200 403 403 403 403
GET  api/v1/projects/<int:project_id>/people/<path:person>/export/ 401 404 403 403 403 200 403 403 403 403
GET  api/v1/inference/jobs/                                        401 200 403 403 200 403 403 403 403 403
POST api/v1/inference/jobs/                                        401 400 403 403 400 403 403 403 403 403
GET  api/v1/inference/jobs/<uuid:job_id>/                          401 404 403 403 200 403 403 403 403 403
POST api/v1/inference/jobs/<uuid:job_id>/cancel/                   401 404 403 403 200 403 403 403 403 403
GET  api/v1/organizations/                                         401 200 200 200 200 200 200 200 200 200
GET  api/v1/organizations/<slug:organization>/                     401 404 200 200 200 200 200 200 200 200
PATCH api/v1/organizations/<slug:organization>/                    401 404 403 403 403 403 200 403 403 403
GET  api/v1/organizations/<slug:organization>/subscription/        401 404 403 403 403 403 403 403 403 200
GET  api/v1/organizations/<slug:organization>/invoices/            401 404 403 403 403 403 403 403 403 200
GET  api/v1/organizations/<slug:organization>/invoices/<int:invoice_id>/ 401 404 403 403 403 403 403 403 403 200
GET  api/v1/organizations/<slug:organization>/invoices/<int:invoice_id>/pdf/ 401 404 403 403 403 403 403 403 403 200
GET  api/v1/organizations/<slug:organization>/caps/                401 404 200 403 403 403 403 403 403 200
PUT  api/v1/organizations/<slug:organization>/caps/<str:currency>/ 401 404 403 403 403 403 403 403 403 403
DELETE api/v1/organizations/<slug:organization>/caps/<str:currency>/ 401 404 403 403 403 403 403 403 403 403
GET  api/v1/organizations/<slug:organization>/audit/               401 404 403 403 403 403 200 403 403 403
GET  api/v1/organizations/<slug:organization>/keys/                401 404 403 403 403 403 200 403 403 403
POST api/v1/organizations/<slug:organization>/keys/                401 404 403 403 403 403 400 403 403 403
GET  api/v1/organizations/<slug:organization>/keys/<int:key>/      401 404 403 403 403 403 200 403 403 403
POST api/v1/organizations/<slug:organization>/keys/<int:key>/rotate/ 401 404 403 403 403 403 403 403 403 403
DELETE api/v1/organizations/<slug:organization>/keys/<int:key>/    401 404 403 403 403 403 204 403 403 403
GET api/v1/organizations/<slug:organization>/members/ 401 404 403 403 403 403 403 200 403 403
GET api/v1/organizations/<slug:organization>/members/<int:member_id>/ 401 404 403 403 403 403 403 200 403 403
PATCH api/v1/organizations/<slug:organization>/members/<int:member_id>/ 401 404 403 403 403 403 403 400 403 403
DELETE api/v1/organizations/<slug:organization>/members/<int:member_id>/ 401 404 403 403 403 403 403 204 403 403
GET api/v1/organizations/<slug:organization>/invitations/ 401 404 403 403 403 403 403 200 403 403
POST api/v1/organizations/<slug:organization>/invitations/ 401 404 403 403 403 403 403 400 403 403
GET api/v1/organizations/<slug:organization>/invitations/<int:invitation_id>/ 401 404 403 403 403 403 403 200 403 403
POST api/v1/organizations/<slug:organization>/invitations/<int:invitation_id>/resend/ 401 404 403 403 403 403 403 200 403 403
DELETE api/v1/organizations/<slug:organization>/invitations/<int:invitation_id>/ 401 404 403 403 403 403 403 204 403 403
GET  api/v1/organizations/<slug:organization>/job-rules/ 401 404 403 403 200 403 403 403 403 403
PUT  api/v1/organizations/<slug:organization>/job-rules/ 401 404 403 403 403 403 403 403 403 403
GET  api/v1/projects/<int:project_id>/job-rules/ 401 404 403 403 200 403 403 403 403 403
PUT  api/v1/projects/<int:project_id>/job-rules/ 401 404 403 403 403 403 403 403 403 403
DELETE api/v1/projects/<int:project_id>/job-rules/ 401 404 403 403 403 403 403 403 403 403
GET  api/v1/organizations/<slug:organization>/webhooks/ 401 404 403 403 403 403 403 403 403 403
POST api/v1/organizations/<slug:organization>/webhooks/ 401 404 403 403 403 403 403 403 403 403
GET  api/v1/organizations/<slug:organization>/webhooks/<uuid:webhook_id>/ 401 404 403 403 403 403 403 403 403 403
PATCH api/v1/organizations/<slug:organization>/webhooks/<uuid:webhook_id>/ 401 404 403 403 403 403 403 403 403 403
DELETE api/v1/organizations/<slug:organization>/webhooks/<uuid:webhook_id>/ 401 404 403 403 403 403 403 403 403 403
POST api/v1/organizations/<slug:organization>/webhooks/<uuid:webhook_id>/rotate/ 401 404 403 403 403 403 403 403 403 403
POST api/v1/organizations/<slug:organization>/webhooks/<uuid:webhook_id>/test/ 401 404 403 403 403 403 403 403 403 403
GET  api/v1/organizations/<slug:organization>/webhooks/<uuid:webhook_id>/deliveries/ 401 404 403 403 403 403 403 403 403 403
POST api/v1/organizations/<slug:organization>/webhooks/<uuid:webhook_id>/deliveries/<uuid:delivery_id>/resend/ 401 404 403 403 403 403 403 403 403 403
GET  api/v1/inference/models/                                      401 200 403 403 200 403 403 403 403 403
GET  api/v1/inference/aliases/                                     401 200 403 403 200 403 403 403 403 403
POST api/v1/inference/aliases/ 401 400 403 403 403 403 400 403 403 403
GET  api/v1/inference/aliases/<slug:alias>/                        401 404 403 403 200 403 403 403 403 403
PUT api/v1/inference/aliases/<slug:alias>/ 401 404 403 403 403 403 400 403 403 403
DELETE api/v1/inference/aliases/<slug:alias>/ 401 404 403 403 403 403 204 403 403 403
GET api/v1/inference/credentials/ 401 200 403 403 403 403 200 403 403 403
POST api/v1/inference/credentials/ 401 400 403 403 403 403 400 403 403 403
GET api/v1/inference/credentials/<int:credential_id>/ 401 404 403 403 403 403 200 403 403 403
PATCH api/v1/inference/credentials/<int:credential_id>/ 401 404 403 403 403 403 400 403 403 403
DELETE api/v1/inference/credentials/<int:credential_id>/ 401 404 403 403 403 403 204 403 403 403
POST api/v1/inference/credentials/<int:credential_id>/replace/ 401 404 403 403 403 403 400 403 403 403
POST api/v1/inference/credentials/<int:credential_id>/test/ 401 404 403 403 403 403 202 403 403 403
POST api/v1/inference/summarize/                                   401 400 403 403 400 403 403 403 403 403
POST api/v1/inference/classify/                                    401 400 403 403 400 403 403 403 403 403
POST api/v1/inference/extract/                                     401 400 403 403 400 403 403 403 403 403
POST api/v1/inference/generate/                                    401 400 403 403 400 403 403 403 403 403
GET  api/v1/inference/prompts/ 401 200 403 403 200 403 403 403 403 403
POST api/v1/inference/prompts/ 401 400 403 403 400 403 403 403 403 403
GET  api/v1/inference/prompts/<slug:prompt>/ 401 404 403 403 200 403 403 403 403 403
PATCH api/v1/inference/prompts/<slug:prompt>/ 401 404 403 403 200 403 403 403 403 403
GET  api/v1/inference/prompts/<slug:prompt>/versions/ 401 404 403 403 200 403 403 403 403 403
POST api/v1/inference/prompts/<slug:prompt>/versions/ 401 404 403 403 400 403 403 403 403 403
POST api/v1/inference/chat/                                        401 400 403 403 400 403 403 403 403 403
GET api/v1/inference/costs/ 401 200 403 403 200 403 403 403 403 403
POST api/v1/inference/preview/ 401 400 403 403 400 403 403 403 403 403
GET api/v1/inference/batches/ 401 200 403 403 200 403 403 403 403 403
POST api/v1/inference/batches/ 401 400 403 403 400 403 403 403 403 403
GET api/v1/inference/batches/<uuid:batch_id>/ 401 404 403 403 200 403 403 403 403 403
POST api/v1/inference/batches/<uuid:batch_id>/cancel/ 401 404 403 403 200 403 403 403 403 403
GET api/v1/inference/batches/<uuid:batch_id>/results/ 401 404 403 403 200 403 403 403 403 403
POST v1/chat/completions 401 400 403 403 400 403 403 403 403 403
GET v1/models 401 200 403 403 200 403 403 403 403 403
GET v1/models/<path:model> 401 404 403 403 404 403 403 403 403 403
POST v1/responses 401 400 403 403 400 403 403 403 403 403
GET v1/responses/<str:response_id> 401 404 403 403 200 403 403 403 403 403
DELETE v1/responses/<str:response_id> 401 404 403 403 200 403 403 403 403 403
POST v1/responses/<str:response_id>/cancel 401 404 403 403 200 403 403 403 403 403
"""

# What a placeholder stands for, where its name does not say: by the beginning of the route.
WRITE_KEY_ROUTES = "o/<slug:organization>/p/"

JSON, FORM = "application/json", "application/x-www-form-urlencoded"


@dataclass(frozen=True, slots=True)
class Row:
    method: str
    route: str
    statuses: tuple[int, ...]


def rows(table: str) -> list[Row]:
    lines = [line.split() for line in table.strip().splitlines()]
    return [Row(line[0], line[1], tuple(map(int, line[2:]))) for line in lines]


def each(table: str) -> list:
    return [pytest.param(row, id=f"{row.method} {row.route}") for row in rows(table)]


def routes(patterns: Iterable[URLPattern | URLResolver], prefix: str = "") -> Iterator[str]:
    for pattern in patterns:
        route = prefix + str(pattern.pattern)
        if isinstance(pattern, URLResolver):
            yield from routes(pattern.url_patterns, route)
        else:
            yield re.sub(r"\(\?P<(\w+)>[^)]*\)", r"{\1}", route) or "/"


def in_a_family(route: str) -> bool:
    return route.startswith(FAMILIES)


@pytest.fixture(autouse=True)
def _no_worker() -> None:
    cache.delete(WORKER_SEEN)


@pytest.fixture
def address(organization, project):
    """The address of a route, with things of Acme's in its placeholders."""
    erasure = factories.ErasureFactory.create(project=project)
    invoice = factories.InvoiceFactory.create(organization=organization)
    factories.PolicyFactory.create(organization=organization, project=project)
    delivery = factories.WebhookDeliveryFactory.create(endpoint__organization=organization, is_delivered=True)
    of_api, of_pages = (factories.InsightFactory.create(project=project) for _ in range(2))
    values = {
        "<slug:organization>": organization.slug,
        "<slug:project>": project.slug,
        "<int:project_id>": str(project.pk),
        "<slug:region>": "summary",
        "<slug:panel>": "sources",
        "<slug:kind>": "trends",
        "<int:place>": "0",
        "<uuid:run>": str(factories.QueryRunFactory.create(project=project).pk),
        "<uuid:batch_id>": str(factories.BatchFactory.create(organization=organization).pk),
        "<uuid:import_id>": str(factories.ImportFactory.create(project=project).pk),
        "<uuid:insight_id>": str(of_api.pk),
        "<int:cohort_id>": str(factories.CohortFactory.create(project=project).pk),
        "<uuid:insight>": str(of_pages.pk),
        "<int:number>": "1",
        "<int:share_id>": str(factories.InsightShareFactory.create(insight=of_api).pk),
        "<int:share>": str(factories.InsightShareFactory.create(insight=of_pages).pk),
        "<int:member_id>": str(factories.MembershipFactory.create(organization=organization, role=Role.VIEWER).pk),
        "<int:claim_id>": str(
            factories.DomainClaimFactory.create(organization=organization, proved_at=None, proved_how="").pk
        ),
        "<int:invitation_id>": str(factories.InvitationFactory.create(organization=organization).pk),
        "<str:token>": _invited(organization),
        "<int:invoice_id>": str(invoice.pk),
        "<int:note_id>": str(factories.CreditNoteFactory.create(invoice=invoice).pk),
        "<str:currency>": factories.SpendingCapFactory.create(organization=organization).currency,
        "<uuid:run_id>": str(factories.QueryRunFactory.create(project=project).pk),
        "<uuid:erasure_id>": str(erasure.pk),
        "<uuid:erasure>": str(erasure.pk),
        "<str:response_id>": f"resp_{factories.ResponseFactory.create(organization=organization).pk.hex}",
        "<path:model>": "unknown",
        "<uuid:job_id>": str(factories.JobFactory.create(organization=organization).pk),
        "<uuid:webhook_id>": str(delivery.endpoint_id),
        "<uuid:delivery_id>": str(delivery.pk),
        "<slug:prompt>": factories.PromptVersionFactory.create(template__organization=organization).template.slug,
        "<slug:alias>": factories.AliasFactory.create(organization=organization).name,
        "<int:credential_id>": str(factories.CredentialFactory.create(organization=organization).pk),
        "<int:price_id>": str(factories.PlanPriceFactory.create().pk),
        "<int:site>": str(factories.SiteFactory.create(project=project).pk),
        "<int:site_id>": str(factories.SiteFactory.create(project=project).pk),
        "<int:key>": str(factories.SecretKeyFactory.create(organization=organization, scopes=[Scope.QUERY]).pk),
        "^{segment}/?$": "v1/track",
        "^{posthog}/?$": "capture",
        "^{plausible}/?$": "api/event",
        "^{umami}/?$": "api/send",
        "^array/{key}/config(?:\\.js)?/?$": "array/plw_key/config.js",
        "<int:event_id>": str(factories.EventDefinitionFactory.create(project=project).pk),
        "<int:property_id>": str(factories.PropertyDefinitionFactory.create(project=project).pk),
        "<path:person>": factories.PersonTraitsFactory.create(project=project).person,
        "<path:group>": factories.GroupTraitsFactory.create(project=project).group,
    }
    write_key = {"<int:key>": str(factories.WriteKeyFactory.create(project=project).pk)}

    def fill(route: str) -> str:
        known = {**values, **(write_key if route.startswith(WRITE_KEY_ROUTES) else {})}
        for placeholder, value in known.items():
            route = route.replace(placeholder, value)
        return "/" + route.lstrip("/")

    return fill


def _invited(organization) -> str:
    factories.InvitationFactory.create(organization=organization, token="secret")
    return "secret"


@pytest.fixture
def visitors(organization, stranger):
    """A browser of each of PEOPLE, in order."""
    return browsers_of(organization, stranger)


def browsers_of(organization, stranger) -> dict[str, Client]:
    members = {
        role: factories.MembershipFactory.create(organization=organization, role=role).user for role in Role.values
    }
    staff = {
        "unassigned": factories.UserFactory.create(is_staff=True),
        "staff": factories.UserFactory.create(is_staff=True),
        "superuser": factories.UserFactory.create(is_staff=True, is_superuser=True),
    }
    staff["staff"].user_permissions.set(Permission.objects.filter(codename__startswith="view_"))
    browsers = {person: Client() for person in PEOPLE}
    for person, user in {"stranger": stranger, **staff, **members}.items():
        browsers[person].force_login(user)
    return browsers


def test_every_route_has_a_row_and_every_row_a_route() -> None:
    known = {route for route in routes(get_resolver().url_patterns) if not in_a_family(route)}

    assert {row.route for row in rows(TABLE)} == known


@pytest.mark.parametrize("row", each(TABLE))
def test_people_get_what_the_table_says(visitors, address, row) -> None:
    path = address(row.route)
    body, content_type = (b"{}", JSON) if row.route.startswith(("api/", "^")) else (b"nothing=said", FORM)

    found = {
        person: visitor.generic(row.method, path, body, content_type).status_code
        for person, visitor in visitors.items()
    }

    assert found == dict(zip(PEOPLE, row.statuses, strict=True))


@pytest.mark.parametrize("row", each(KEY_TABLE))
def test_secret_keys_get_what_the_table_says(client, organization, address, row) -> None:
    sent = {
        "none": {},
        "foreign": bearer(organization=factories.OrganizationFactory.create()),
        **{scope: bearer(organization=organization, scopes=[scope]) for scope in Scope.values},
    }
    path = address(row.route)

    found = {
        key: client.generic(row.method, path, b"{}", JSON, headers=headers).status_code
        for key, headers in sent.items()
    }

    assert found == dict(zip(KEYS, row.statuses, strict=True))


def bearer(**fields) -> dict[str, str]:
    """The header of a new key."""
    text = keys.generate(keys.SECRET_PREFIX)
    factories.SecretKeyFactory.create(text=text, **fields)
    return {"Authorization": f"Bearer {text}"}


OWN_PAGES = (
    "account_email",
    "account_name",
    "account_change_password",
    "account_logout",
    "mfa_index",
    "mfa_activate_totp",
    "mfa_add_webauthn",
    "mfa_list_webauthn",
    "mfa_view_recovery_codes",
    "mfa_generate_recovery_codes",
    "usersessions_list",
)


@pytest.mark.parametrize("name", OWN_PAGES)
def test_the_pages_of_an_account_send_the_anonymous_away(db: None, client, name) -> None:
    assert client.get(reverse(name)).status_code == 302


@pytest.mark.parametrize("name", ["account_login", "account_signup", "account_reset_password", "sso_start"])
def test_the_ways_in_are_open(db: None, client, name) -> None:
    assert client.get(reverse(name)).status_code == 200
