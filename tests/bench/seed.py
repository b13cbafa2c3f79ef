"""One organization, project and pair of keys, made through the services."""

from accounts.access import SYSTEM
from accounts.models import User
from accounts.permissions import Scope
from accounts.services import organizations, secret_keys
from analytics.services import projects
from tests.bench.stack import Product
from tests.product import Run


def product(run: Run) -> Product:
    owner = User.objects.create_user("bench@example.test", "only for this run")
    organization = organizations.create(name="Bench", owner=owner, actor=SYSTEM)
    project = projects.create(organization=organization, name="Bench", actor=SYSTEM)
    _, write_key = projects.create_write_key(project=project, name="bench", actor=SYSTEM)
    _, secret_key = secret_keys.create(organization=organization, name="bench", scopes=list(Scope), actor=SYSTEM)
    return Product(
        base_url=run.base_url,
        data=run.data,
        project_id=project.pk,
        write_key=write_key,
        secret_key=secret_key,
        run=run,
    )
