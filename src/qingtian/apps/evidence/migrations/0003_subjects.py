"""A chain belongs to a subject: what was the case of an item becomes its subject, without touching a row."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("evidence", "0002_append_only")]

    operations = [
        migrations.RemoveConstraint(model_name="evidenceitem", name="evidence_position_once"),
        # The column stays, only its foreign key goes: an UPDATE would be refused by the triggers, and rightly.
        migrations.AlterField(
            model_name="evidenceitem", name="case", field=models.PositiveBigIntegerField(db_column="case_id")
        ),
        migrations.RenameField(model_name="evidenceitem", old_name="case", new_name="subject_id"),
        migrations.AlterField(model_name="evidenceitem", name="subject_id", field=models.PositiveBigIntegerField()),
        migrations.AddField(
            model_name="evidenceitem",
            name="subject_kind",
            field=models.CharField(
                choices=[
                    ("case", "case"),
                    ("finding", "finding"),
                    ("occurrence", "occurrence"),
                    ("ledger_entry", "ledger_entry"),
                ],
                default="case",
                max_length=20,
            ),
            preserve_default=False,
        ),
        migrations.AlterField(
            model_name="evidenceitem",
            name="kind",
            field=models.CharField(
                choices=[
                    ("document", "document"),
                    ("photo", "photo"),
                    ("video", "video"),
                    ("observation", "observation"),
                    ("statement", "statement"),
                    ("site_record", "site_record"),
                    ("report", "report"),
                    ("e_data", "e_data"),
                    ("review", "review"),
                    ("calibration", "calibration"),
                    ("receipt", "receipt"),
                ],
                max_length=20,
            ),
        ),
        migrations.AlterModelOptions(
            name="evidenceitem", options={"ordering": ["subject_kind", "subject_id", "position"]}
        ),
        migrations.AddConstraint(
            model_name="evidenceitem",
            constraint=models.UniqueConstraint(
                fields=("subject_kind", "subject_id", "position"), name="evidence_position_once"
            ),
        ),
    ]
