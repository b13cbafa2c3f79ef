import django.db.models.deletion
import django.db.models.expressions
import django.utils.timezone
from django.db import migrations, models

# An issued invoice changes its state, and the times that go with it; its organization may be deleted. A void one stays
# void. Its lines and credit notes never change. Drafts are free.
GUARD = """
CREATE FUNCTION accounts_invoice_refuse() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE free text[] := ARRAY['state', 'sent_at', 'paid_at', 'closed_at'];
BEGIN
    IF TG_OP <> 'TRUNCATE' THEN
        IF OLD.state = 'draft' THEN
            RETURN coalesce(NEW, OLD);
        END IF;
    END IF;
    IF TG_OP = 'UPDATE' THEN
        IF NEW.organization_id IS NULL THEN
            free := free || 'organization_id'::text;
        END IF;
        IF to_jsonb(NEW) - free = to_jsonb(OLD) - free
           AND (NEW.state = OLD.state
                OR (OLD.state = 'open' AND NEW.state IN ('paid', 'void', 'uncollectible'))
                OR (OLD.state = 'uncollectible' AND NEW.state IN ('paid', 'void'))) THEN
            RETURN NEW;
        END IF;
    END IF;
    RAISE EXCEPTION 'An issued invoice is not changed: write a credit note.' USING ERRCODE = 'restrict_violation';
END $$;
CREATE TRIGGER accounts_invoice_immutable BEFORE UPDATE OR DELETE ON accounts_invoice
    FOR EACH ROW EXECUTE FUNCTION accounts_invoice_refuse();
CREATE TRIGGER accounts_invoice_no_truncate BEFORE TRUNCATE ON accounts_invoice
    FOR EACH STATEMENT EXECUTE FUNCTION accounts_invoice_refuse();

CREATE FUNCTION accounts_invoiceline_refuse() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'INSERT' THEN
        IF EXISTS (SELECT FROM accounts_invoice WHERE id = NEW.invoice_id AND state = 'draft') THEN
            RETURN NEW;
        END IF;
    ELSIF TG_OP IN ('UPDATE', 'DELETE') THEN
        IF EXISTS (SELECT FROM accounts_invoice WHERE id = OLD.invoice_id AND state = 'draft') THEN
            RETURN coalesce(NEW, OLD);
        END IF;
    END IF;
    RAISE EXCEPTION 'A line of an issued invoice is not changed.' USING ERRCODE = 'restrict_violation';
END $$;
CREATE TRIGGER accounts_invoiceline_immutable BEFORE INSERT OR UPDATE OR DELETE ON accounts_invoiceline
    FOR EACH ROW EXECUTE FUNCTION accounts_invoiceline_refuse();
CREATE TRIGGER accounts_invoiceline_no_truncate BEFORE TRUNCATE ON accounts_invoiceline
    FOR EACH STATEMENT EXECUTE FUNCTION accounts_invoiceline_refuse();

CREATE FUNCTION accounts_creditnote_refuse() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'A credit note is not changed.' USING ERRCODE = 'restrict_violation';
END $$;
CREATE TRIGGER accounts_creditnote_immutable BEFORE UPDATE OR DELETE ON accounts_creditnote
    FOR EACH ROW EXECUTE FUNCTION accounts_creditnote_refuse();
CREATE TRIGGER accounts_creditnote_no_truncate BEFORE TRUNCATE ON accounts_creditnote
    FOR EACH STATEMENT EXECUTE FUNCTION accounts_creditnote_refuse();
"""
UNGUARD = "".join(
    f"""
DROP TRIGGER accounts_{table}_immutable ON accounts_{table};
DROP TRIGGER accounts_{table}_no_truncate ON accounts_{table};
DROP FUNCTION accounts_{table}_refuse();
"""
    for table in ("invoice", "invoiceline", "creditnote")
)
KEEP = """
ALTER TABLE accounts_invoice ADD CONSTRAINT accounts_invoice_organization_fk
    FOREIGN KEY (organization_id) REFERENCES accounts_organization (id) ON DELETE SET NULL;
"""
UNKEEP = "ALTER TABLE accounts_invoice DROP CONSTRAINT accounts_invoice_organization_fk;"


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0024_usage_notices"),
    ]

    operations = [
        migrations.CreateModel(
            name="InvoiceCounter",
            fields=[
                ("series", models.CharField(max_length=12, primary_key=True, serialize=False)),
                ("last", models.PositiveBigIntegerField(default=0)),
            ],
        ),
        migrations.CreateModel(
            name="Invoice",
            fields=[
                (
                    "id",
                    models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID"),
                ),
                (
                    "provider",
                    models.CharField(
                        choices=[("manual", "By invoice"), ("stripe", "Stripe")], default="manual", max_length=10
                    ),
                ),
                ("number", models.CharField(blank=True, max_length=40)),
                ("sequence", models.PositiveBigIntegerField(blank=True, null=True)),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("draft", "Draft"),
                            ("open", "Open"),
                            ("paid", "Paid"),
                            ("void", "Void"),
                            ("uncollectible", "Uncollectible"),
                        ],
                        default="draft",
                        max_length=15,
                    ),
                ),
                ("currency", models.CharField(max_length=3)),
                ("seller", models.JSONField(default=dict)),
                ("buyer", models.JSONField(default=dict)),
                ("note", models.CharField(blank=True, max_length=300)),
                ("taxes", models.JSONField(default=list)),
                ("subtotal", models.BigIntegerField(default=0)),
                ("total", models.BigIntegerField(default=0)),
                ("subscription_id", models.BigIntegerField(blank=True, null=True)),
                ("stripe_invoice_id", models.CharField(blank=True, max_length=255)),
                ("created_at", models.DateTimeField(default=django.utils.timezone.now, editable=False)),
                ("issued_at", models.DateTimeField(blank=True, null=True)),
                ("due_on", models.DateField(blank=True, null=True)),
                ("sent_at", models.DateTimeField(blank=True, null=True)),
                ("paid_at", models.DateTimeField(blank=True, null=True)),
                (
                    "closed_at",
                    models.DateTimeField(blank=True, help_text="When it was void or uncollectible.", null=True),
                ),
                (
                    "organization",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="invoices",
                        to="accounts.organization",
                    ),
                ),
            ],
            options={
                "ordering": ("-issued_at", "-id"),
            },
        ),
        migrations.CreateModel(
            name="CreditNote",
            fields=[
                (
                    "id",
                    models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID"),
                ),
                ("number", models.CharField(max_length=40, unique=True)),
                ("sequence", models.PositiveBigIntegerField(unique=True)),
                ("reason", models.CharField(max_length=300)),
                ("net", models.BigIntegerField(validators=[django.core.validators.MinValueValidator(1)])),
                ("taxes", models.JSONField(default=list)),
                ("total", models.BigIntegerField()),
                ("issued_at", models.DateTimeField(default=django.utils.timezone.now)),
                (
                    "invoice",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="credit_notes",
                        to="accounts.invoice",
                    ),
                ),
            ],
            options={
                "ordering": ("-issued_at", "-id"),
            },
        ),
        migrations.CreateModel(
            name="InvoiceLine",
            fields=[
                (
                    "id",
                    models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID"),
                ),
                ("position", models.PositiveSmallIntegerField()),
                ("kind", models.CharField(max_length=10)),
                ("subscription_id", models.BigIntegerField(null=True)),
                ("covers", models.CharField(blank=True, max_length=40)),
                ("description", models.CharField(max_length=300)),
                ("quantity", models.BigIntegerField()),
                ("unit", models.CharField(blank=True, max_length=40)),
                ("unit_amount", models.BigIntegerField()),
                ("amount", models.BigIntegerField()),
                ("first_day", models.DateField(null=True)),
                ("last_day", models.DateField(null=True)),
                (
                    "invoice",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="lines", to="accounts.invoice"
                    ),
                ),
            ],
            options={
                "ordering": ("invoice", "position"),
            },
        ),
        migrations.CreateModel(
            name="RatedMonth",
            fields=[
                (
                    "id",
                    models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID"),
                ),
                ("month", models.DateField()),
                ("events", models.BigIntegerField()),
                ("tokens", models.BigIntegerField()),
                ("rated_at", models.DateTimeField(default=django.utils.timezone.now)),
                (
                    "subscription",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="rated_months",
                        to="accounts.subscription",
                    ),
                ),
            ],
            options={
                "ordering": ("-month", "-id"),
            },
        ),
        migrations.CreateModel(
            name="Seller",
            fields=[
                (
                    "id",
                    models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID"),
                ),
                ("name", models.CharField(blank=True, max_length=200)),
                (
                    "address",
                    models.TextField(
                        blank=True, help_text="Street, postal code and town, in lines.", max_length=500
                    ),
                ),
                ("country", models.CharField(blank=True, help_text="Two letters, as in ISO 3166.", max_length=2)),
                ("tax_id", models.CharField(blank=True, max_length=40, verbose_name="tax ID")),
                ("email", models.EmailField(blank=True, max_length=254)),
                (
                    "footer",
                    models.TextField(blank=True, help_text="Such as the bank account to pay to.", max_length=1000),
                ),
                (
                    "number_prefix",
                    models.CharField(
                        default="INV-",
                        max_length=12,
                        validators=[django.core.validators.RegexValidator("\\A[A-Za-z0-9/_.-]*\\Z", "No spaces.")],
                    ),
                ),
                (
                    "days_to_pay",
                    models.PositiveSmallIntegerField(
                        default=14, validators=[django.core.validators.MaxValueValidator(365)]
                    ),
                ),
                ("tax_name", models.CharField(blank=True, default="VAT", max_length=20)),
                (
                    "tax_rate",
                    models.PositiveSmallIntegerField(
                        default=0,
                        help_text="In hundredths of a percent: 1900 is 19 %.",
                        validators=[django.core.validators.MaxValueValidator(10000)],
                    ),
                ),
                (
                    "abroad_note",
                    models.CharField(
                        blank=True,
                        help_text="For buyers in another country, who are invoiced without tax, such as: Reverse charge.",
                        max_length=300,
                    ),
                ),
            ],
            options={
                "verbose_name_plural": "seller",
                "constraints": [
                    models.CheckConstraint(condition=models.Q(("id", 1)), name="accounts_seller_only_one")
                ],
            },
        ),
        migrations.AddIndex(
            model_name="invoice",
            index=models.Index(fields=["organization", "-issued_at", "-id"], name="accounts_invoice_newest"),
        ),
        migrations.AddIndex(
            model_name="invoice",
            index=models.Index(
                condition=models.Q(("state", "open")), fields=["due_on"], name="accounts_invoice_open"
            ),
        ),
        migrations.AddConstraint(
            model_name="invoice",
            constraint=models.UniqueConstraint(
                condition=models.Q(("number", ""), _negated=True),
                fields=("number",),
                name="accounts_invoice_number_unique",
            ),
        ),
        migrations.AddConstraint(
            model_name="invoice",
            constraint=models.UniqueConstraint(fields=("sequence",), name="accounts_invoice_sequence_unique"),
        ),
        migrations.AddConstraint(
            model_name="invoice",
            constraint=models.UniqueConstraint(
                condition=models.Q(("stripe_invoice_id", ""), _negated=True),
                fields=("stripe_invoice_id",),
                name="accounts_invoice_stripe_unique",
            ),
        ),
        migrations.AddConstraint(
            model_name="invoice",
            constraint=models.CheckConstraint(
                condition=models.Q(("state__in", ("draft", "open", "paid", "void", "uncollectible"))),
                name="accounts_invoice_state_known",
            ),
        ),
        migrations.AddConstraint(
            model_name="invoice",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("state", "draft"),
                    models.Q(models.Q(("number", ""), _negated=True), ("issued_at__isnull", False)),
                    _connector="OR",
                ),
                name="accounts_invoice_issued_has_its_number",
            ),
        ),
        migrations.AddConstraint(
            model_name="invoice",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("state", "paid"), _negated=True), ("paid_at__isnull", False), _connector="OR"
                ),
                name="accounts_invoice_paid_has_its_time",
            ),
        ),
        migrations.AddConstraint(
            model_name="creditnote",
            constraint=models.CheckConstraint(
                condition=models.Q(("net__gte", 1)), name="accounts_creditnote_positive"
            ),
        ),
        migrations.AddConstraint(
            model_name="invoiceline",
            constraint=models.UniqueConstraint(
                fields=("invoice", "position"), name="accounts_invoiceline_position_unique"
            ),
        ),
        migrations.AddConstraint(
            model_name="invoiceline",
            constraint=models.UniqueConstraint(
                condition=models.Q(("covers", ""), _negated=True),
                fields=("subscription_id", "covers"),
                name="accounts_invoiceline_covers_once",
            ),
        ),
        migrations.AddConstraint(
            model_name="invoiceline",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    (
                        "amount",
                        django.db.models.expressions.CombinedExpression(
                            models.F("quantity"), "*", models.F("unit_amount")
                        ),
                    )
                ),
                name="accounts_invoiceline_amount_is_the_product",
            ),
        ),
        migrations.AddConstraint(
            model_name="ratedmonth",
            constraint=models.UniqueConstraint(fields=("subscription", "month"), name="accounts_ratedmonth_once"),
        ),
        migrations.RunSQL(KEEP, UNKEEP),
        migrations.RunSQL(GUARD, UNGUARD),
    ]
