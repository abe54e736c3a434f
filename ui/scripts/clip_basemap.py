"""Cut the coarse national basemap down to what a map of Wuhan needs.

Usage: python ui/scripts/clip_basemap.py SOURCE_FOLDER   (writes ui/public/basemap/*.geojson)
The source folder holds wuhan_district, hubei_district, ne_rivers, ne_lakes (GeoJSON) and admin_index.csv.
"""

from __future__ import annotations

import csv
import json
import sys
from pathlib import Path
from typing import Any

from shapely import set_precision
from shapely.geometry import box, mapping, shape

TARGET = Path(__file__).resolve().parent.parent / "public" / "basemap"
WINDOW = box(112.4, 29.0, 116.4, 32.4)  # degrees; Wuhan plus about one degree around it
ENGLISH = {
    "420102": "Jiang'an", "420103": "Jianghan", "420104": "Qiaokou", "420105": "Hanyang", "420106": "Wuchang",
    "420107": "Qingshan", "420111": "Hongshan", "420112": "Dongxihu", "420113": "Hannan", "420114": "Caidian",
    "420115": "Jiangxia", "420116": "Huangpi", "420117": "Xinzhou",
}  # fmt: skip


def read(folder: Path, name: str) -> list[dict[str, Any]]:
    """The features of one GeoJSON file."""
    return list(json.loads((folder / name).read_text("utf-8"))["features"])


def rounded(value: Any, digits: int) -> Any:
    """Coordinates with a fixed number of decimals."""
    return [rounded(v, digits) for v in value] if isinstance(value, (list, tuple)) else round(value, digits)


def cut(features: list[dict[str, Any]], keep: tuple[str, ...], *, simplify: float = 0.0) -> list[dict[str, Any]]:
    """Features clipped to the window, with only the named properties."""
    out = []
    for feature in features:
        geometry = shape(feature["geometry"]).intersection(WINDOW)
        if simplify:
            geometry = geometry.simplify(simplify)
        geometry = set_precision(geometry, 1e-4)
        if geometry.is_empty:
            continue
        drawn = mapping(geometry)
        properties = {k: feature["properties"].get(k) for k in keep if feature["properties"].get(k) not in (None, "")}
        out.append(
            {"type": "Feature", "properties": properties,
             "geometry": {"type": drawn["type"], "coordinates": rounded(drawn["coordinates"], 4)}}
        )  # fmt: skip
    return out


def write(name: str, features: list[dict[str, Any]]) -> None:
    """One compact GeoJSON file."""
    text = json.dumps({"type": "FeatureCollection", "features": features}, ensure_ascii=False, separators=(",", ":"))
    (TARGET / name).write_text(text + "\n", "utf-8")
    print(f"{name}: {len(features)} features, {len(text) // 1024} kB")


def labels(folder: Path) -> list[dict[str, Any]]:
    """One label point per district of Wuhan, with an English gloss."""
    with (folder / "admin_index.csv").open(encoding="utf-8", newline="") as file:
        rows = [row for row in csv.DictReader(file) if row["adcode"] in ENGLISH]
    return [
        {"type": "Feature", "properties": {"adcode": r["adcode"], "name": r["name"], "name_en": ENGLISH[r["adcode"]]},
         "geometry": {"type": "Point", "coordinates": [float(r["lon"]), float(r["lat"])]}}
        for r in rows
    ]  # fmt: skip


def main(folder: Path) -> None:
    """Write the five layers of the map."""
    write("wuhan_district.geojson", read(folder, "wuhan_district.geojson"))
    around = [f for f in read(folder, "hubei_district.geojson") if str(f["properties"].get("city")) != "420100"]
    write("around_district.geojson", cut(around, ("adcode", "name"), simplify=0.002))
    write("rivers.geojson", cut(read(folder, "ne_rivers.geojson"), ("name",)))
    write("lakes.geojson", cut(read(folder, "ne_lakes.geojson"), ("name", "km2")))
    write("labels.geojson", labels(folder))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
