"""Cases of their own place, organisations, children, private facts, hand-overs, task forces."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('cases', '0001_initial'),
        ('findings', '0006_intervals'),
        ('registry', '0003_object_types'),
    ]

    operations = [
        migrations.CreateModel(
            name='CaseHandover',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('from_org', models.CharField(blank=True, max_length=64)),
                ('to_org', models.CharField(max_length=64)),
                ('state', models.CharField(choices=[('asked', 'asked'), ('accepted', 'accepted'), ('silent', 'silent'), ('objected', 'objected'), ('decided', 'decided')], max_length=10)),
                ('asked_at', models.DateTimeField()),
                ('asked_by', models.CharField(max_length=150)),
                ('reason', models.TextField(blank=True)),
                ('answered_at', models.DateTimeField(blank=True, null=True)),
                ('answered_by', models.CharField(blank=True, max_length=150)),
                ('answer', models.TextField(blank=True)),
            ],
            options={
                'ordering': ['id'],
            },
        ),
        migrations.CreateModel(
            name='CasePart',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('org', models.CharField(max_length=64)),
                ('task', models.TextField()),
                ('joined_at', models.DateTimeField()),
                ('joined_by', models.CharField(max_length=150)),
                ('result', models.TextField(blank=True)),
                ('done_at', models.DateTimeField(blank=True, null=True)),
                ('done_by', models.CharField(blank=True, max_length=150)),
            ],
            options={
                'ordering': ['id'],
            },
        ),
        migrations.CreateModel(
            name='CasePrivate',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('values', models.JSONField(default=dict)),
            ],
        ),
        migrations.AddField(
            model_name='case',
            name='asked_org',
            field=models.CharField(blank=True, max_length=64),
        ),
        migrations.AddField(
            model_name='case',
            name='bounces',
            field=models.PositiveSmallIntegerField(default=0),
        ),
        migrations.AddField(
            model_name='case',
            name='enterprise_code',
            field=models.CharField(blank=True, max_length=64),
        ),
        migrations.AddField(
            model_name='case',
            name='first_org',
            field=models.CharField(blank=True, max_length=64),
        ),
        migrations.AddField(
            model_name='case',
            name='lat',
            field=models.FloatField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name='case',
            name='lon',
            field=models.FloatField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name='case',
            name='org',
            field=models.CharField(blank=True, max_length=64),
        ),
        migrations.AddField(
            model_name='case',
            name='parent',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='children', to='cases.case'),
        ),
        migrations.AddField(
            model_name='case',
            name='place',
            field=models.CharField(blank=True, max_length=200),
        ),
        migrations.AddField(
            model_name='case',
            name='region_code',
            field=models.CharField(blank=True, max_length=12),
        ),
        migrations.AddField(
            model_name='case',
            name='relation',
            field=models.CharField(blank=True, choices=[('part', 'part'), ('lookalike', 'lookalike'), ('split', 'split'), ('joint', 'joint'), ('follow_up', 'follow_up'), ('appeal', 'appeal')], max_length=12),
        ),
        migrations.AddField(
            model_name='caseclock',
            name='extended',
            field=models.PositiveSmallIntegerField(default=0),
        ),
        migrations.AddField(
            model_name='caseclock',
            name='set_on',
            field=models.DateField(blank=True, null=True),
        ),
        migrations.AlterField(
            model_name='case',
            name='object',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='cases', to='registry.registryobject'),
        ),
        migrations.AddIndex(
            model_name='case',
            index=models.Index(fields=['-opened_at', '-id'], name='cases_case_opened__a70e60_idx'),
        ),
        migrations.AddIndex(
            model_name='case',
            index=models.Index(fields=['template', 'state', '-opened_at', '-id'], name='cases_case_templat_651d74_idx'),
        ),
        migrations.AddIndex(
            model_name='case',
            index=models.Index(fields=['enterprise_code'], name='cases_case_enterpr_20f461_idx'),
        ),
        migrations.AddIndex(
            model_name='case',
            index=models.Index(fields=['responsible'], name='cases_case_respons_1d0655_idx'),
        ),
        migrations.AddField(
            model_name='casehandover',
            name='case',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='handovers', to='cases.case'),
        ),
        migrations.AddField(
            model_name='casepart',
            name='case',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='parts', to='cases.case'),
        ),
        migrations.AddField(
            model_name='caseprivate',
            name='case',
            field=models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, related_name='private', to='cases.case'),
        ),
        migrations.AddIndex(
            model_name='casepart',
            index=models.Index(fields=['org'], name='cases_casep_org_470f4a_idx'),
        ),
        migrations.AddConstraint(
            model_name='casepart',
            constraint=models.UniqueConstraint(fields=('case', 'org'), name='part_once_per_org'),
        ),
        migrations.RunSQL(
            sql="UPDATE cases_case SET region_code = o.region_code, enterprise_code = o.enterprise_code "
            "FROM registry_registryobject o WHERE o.id = cases_case.object_id",
            reverse_sql=migrations.RunSQL.noop,
        ),
    ]
