from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("inference", "0003_usage_in_the_ledger")]

    operations = [migrations.RenameModel("ModelPrice", "LanguageModel")]
