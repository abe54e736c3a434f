from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("findings", "0003_findinghit_former")]

    operations = [
        migrations.AlterField(
            model_name="finding",
            name="kind",
            field=models.CharField(
                choices=[
                    ("exceedance", "exceedance"),
                    ("air_pollution", "air_pollution"),
                    ("late_stream", "late_stream"),
                    ("frozen_value", "frozen_value"),
                    ("dilution", "dilution"),
                    ("treatment_off", "treatment_off"),
                    ("clock_error", "clock_error"),
                    ("data_quality", "data_quality"),
                    ("rebound", "rebound"),
                ],
                max_length=20,
            ),
        ),
    ]
