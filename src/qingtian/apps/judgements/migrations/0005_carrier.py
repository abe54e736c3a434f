from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("judgements", "0004_recomputation")]

    operations = [
        migrations.AddField(
            model_name="recomputation",
            name="carrier",
            field=models.CharField(
                choices=[("worker", "worker"), ("command", "command")], default="worker", max_length=8
            ),
        ),
    ]
