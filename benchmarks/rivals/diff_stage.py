"""The diff stage: `python diff_stage.py WHO WANTED.csv EXISTING.csv`; rows wanted against contacts, by number."""

from __future__ import annotations

import csv
import json
import os
import sys
import time
from pathlib import Path

FIELDS = ("number", "first_name", "last_name", "company_name", "email", "tag")


def with_csv_diff(wanted: str, existing: str) -> dict[str, int]:
    """csv-diff, which reads its files itself."""
    import csv_diff

    with Path(existing).open(newline="") as old, Path(wanted).open(newline="") as new:
        found = csv_diff.compare(csv_diff.load_csv(old, key="number"), csv_diff.load_csv(new, key="number"))
    return {"create": len(found["added"]), "update": len(found["changed"]), "only": len(found["removed"])}


def with_datacompy(wanted: str, existing: str) -> dict[str, int]:
    """datacompy over pandas."""
    import datacompy
    import pandas as pd

    make = getattr(datacompy, "PandasCompare", None) or datacompy.Compare
    frames = [pd.read_csv(path, dtype=str, keep_default_na=False) for path in (wanted, existing)]
    found = make(*frames, join_columns=["number"])
    pairs = found.intersect_rows
    same = [column for column in pairs.columns if column.endswith("_match")]
    changed = int((~pairs[same].all(axis=1)).sum())
    return {"create": len(found.df1_unq_rows), "update": changed, "only": len(found.df2_unq_rows)}


def with_import_export(wanted: str, existing: str) -> dict[str, int]:
    """django-import-export: a dry run with diff, contacts in SQLite in memory."""
    import django
    from django.conf import settings

    settings.configure(
        INSTALLED_APPS=["import_export"],
        DATABASES={"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": ":memory:"}},
        DEFAULT_AUTO_FIELD="django.db.models.AutoField",
        USE_TZ=True,
    )
    django.setup()
    from django.db import connection, models
    from import_export import resources
    from import_export.instance_loaders import CachedInstanceLoader
    from tablib import Dataset

    columns = {name: models.CharField(max_length=200, blank=True) for name in FIELDS[1:]}
    about = type("Meta", (), {"app_label": "import_export"})
    number = models.CharField(max_length=20, primary_key=True)
    contact = type("Contact", (models.Model,), {"number": number, **columns, "Meta": about, "__module__": __name__})
    with connection.schema_editor() as editor:
        editor.create_model(contact)
    with Path(existing).open(newline="") as file:
        contact.objects.bulk_create([contact(**row) for row in csv.DictReader(file)], batch_size=1000)

    class Meta:
        model = contact
        import_id_fields = ("number",)
        instance_loader_class = CachedInstanceLoader
        skip_unchanged = True
        fields = FIELDS

    resource = type("Contacts", (resources.ModelResource,), {"Meta": Meta})()
    with Path(wanted).open(newline="") as file:
        told = resource.import_data(Dataset().load(file, format="csv"), dry_run=True).totals
    return {"create": told["new"], "update": told["update"], "only": -1}


def with_syncjob(wanted: str, existing: str) -> dict[str, int]:
    """syncjob's differ, its reading of both files included."""
    import pyarrow.csv

    from syncjob.differ import Known, Rules, compare
    from syncjob.schema import CONTACTS, ROWS

    def read(path: str):  # type: ignore[no-untyped-def]
        text = pyarrow.csv.ConvertOptions(column_types=dict.fromkeys(FIELDS, pyarrow.string()))
        return pyarrow.csv.read_csv(path, convert_options=text).to_pandas().astype("str")

    rows, contacts = read(wanted), read(existing)
    count = range(len(rows))
    about = {"table": 0, "position": count, "source": wanted, "row": count, "raw": rows["number"]}
    rows = ROWS.shape(rows.assign(row_id=count, **about))
    contacts = contacts.assign(sid=contacts["number"], raw=contacts["number"], custom_field="", created="")
    found = compare(rows, CONTACTS.shape(contacts), Rules(), Known())
    counts = found.verdicts["verdict"].value_counts()
    return {
        "create": int(counts.get("create", 0)),
        "update": int(counts.get("update", 0)),
        "only": len(found.leftovers),
    }


if __name__ == "__main__":
    do = {"csv-diff": with_csv_diff, "datacompy": with_datacompy, "django-import-export": with_import_export,
          "syncjob": with_syncjob}[sys.argv[1]]  # fmt: skip
    began, used = time.perf_counter(), os.times()
    told = do(*sys.argv[2:4])
    wall, after = time.perf_counter() - began, os.times()
    print("\n" + json.dumps({"wall": wall, "cpu": sum(after[:2]) - sum(used[:2]), **told}))
