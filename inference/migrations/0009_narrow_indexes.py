"""Indexes that a job is in only where it has what they are for, and a table that is vacuumed while jobs come.

A job is written when it is made, taken and ended. Each time leaves a row that nobody needs any more, and the queue
is read past those until they are vacuumed, which by default is when a fifth of the table is of their kind. Its
lease is renewed every few seconds, which touches no index, and the room in its page.
"""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0028_spending_of_projects_and_keys"),
        ("analytics", "0020_notices_are_of_accounts"),
        ("inference", "0008_progress_of_batches"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.RemoveConstraint(
            model_name="job",
            name="inference_job_once_in_a_batch",
        ),
        migrations.AlterField(
            model_name="job",
            name="created_by",
            field=models.ForeignKey(
                blank=True,
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.SET_NULL,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AlterField(
            model_name="job",
            name="credential",
            field=models.ForeignKey(
                blank=True,
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.SET_NULL,
                related_name="+",
                to="inference.credential",
            ),
        ),
        migrations.AlterField(
            model_name="job",
            name="project",
            field=models.ForeignKey(
                blank=True,
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="jobs",
                to="analytics.project",
            ),
        ),
        migrations.AlterField(
            model_name="job",
            name="prompt_version",
            field=models.ForeignKey(
                blank=True,
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="jobs",
                to="inference.promptversion",
            ),
        ),
        migrations.AddIndex(
            model_name="job",
            index=models.Index(
                condition=models.Q(("project__isnull", False)), fields=["project"], name="inference_job_project"
            ),
        ),
        migrations.AddIndex(
            model_name="job",
            index=models.Index(
                condition=models.Q(("created_by__isnull", False)),
                fields=["created_by"],
                name="inference_job_created_by",
            ),
        ),
        migrations.AddIndex(
            model_name="job",
            index=models.Index(
                condition=models.Q(("prompt_version__isnull", False)),
                fields=["prompt_version"],
                name="inference_job_prompt_version",
            ),
        ),
        migrations.AddIndex(
            model_name="job",
            index=models.Index(
                condition=models.Q(("credential__isnull", False)),
                fields=["credential"],
                name="inference_job_credential",
            ),
        ),
        migrations.AddConstraint(
            model_name="job",
            constraint=models.UniqueConstraint(
                condition=models.Q(("batch__isnull", False)),
                fields=("batch", "batch_index"),
                name="inference_job_once_in_a_batch",
            ),
        ),
        migrations.RemoveIndex(model_name="job", name="inference_job_in_flight"),
        migrations.AddIndex(
            model_name="job",
            index=models.Index(
                condition=models.Q(("status", "running")), fields=["organization"], name="inference_job_running"
            ),
        ),
        migrations.RunSQL(
            """
            ALTER TABLE inference_job SET (
                fillfactor = 85,
                autovacuum_vacuum_threshold = 2000, autovacuum_vacuum_scale_factor = 0.01,
                autovacuum_analyze_threshold = 2000, autovacuum_analyze_scale_factor = 0.05
            )
            """,
            """
            ALTER TABLE inference_job RESET (
                fillfactor,
                autovacuum_vacuum_threshold, autovacuum_vacuum_scale_factor,
                autovacuum_analyze_threshold, autovacuum_analyze_scale_factor
            )
            """,
        ),
    ]
