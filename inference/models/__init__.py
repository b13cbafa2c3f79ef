from inference.models.batches import Batch
from inference.models.jobs import Call, Job
from inference.models.language_models import Ability, LanguageModel
from inference.models.policies import Policy
from inference.models.prompts import PromptTemplate, PromptVersion
from inference.models.routing import Alias, AliasTarget, Credential
from inference.models.webhooks import WebhookDelivery, WebhookEndpoint

__all__ = (
    "Ability",
    "Alias",
    "AliasTarget",
    "Batch",
    "Call",
    "Credential",
    "Job",
    "LanguageModel",
    "Policy",
    "PromptTemplate",
    "PromptVersion",
    "WebhookDelivery",
    "WebhookEndpoint",
)
