"""Writes frames as the original's producer does: fastavro, behind a Confluent header with schema id 7.

pip install fastavro==1.13.1
python tests/golden/trade_by_fastavro.py > tests/golden/trade_by_fastavro.json
"""

import io
import json
import pathlib
import struct
import sys

import fastavro
from fastavro.schema import fingerprint, to_parsing_canonical_form

SCHEMA_FILE = pathlib.Path(__file__).parents[2] / "schemas" / "trade.avsc"
SCHEMA_ID = 7

FRAMES = {
    "one trade": {
        "data": [{"c": ["1", "12"], "p": 7296.89, "s": "BINANCE:BTCUSDT", "t": 1575526691134, "v": 0.011467}],
        "type": "trade",
    },
    "two symbols": {
        "data": [
            {"c": None, "p": 259.81, "s": "AAPL", "t": 1700000000000, "v": 0.0},
            {"c": [], "p": -37.63, "s": "IC MARKETS:1", "t": 0, "v": 1e9},
        ],
        "type": "trade",
    },
    "null among the conditions": {
        "data": [{"c": [None, "41"], "p": 1.0, "s": "Ünï🚀", "t": 253402300799999, "v": 1e-8}],
        "type": "trade",
    },
    "no trades": {"data": [], "type": "trade"},
}


def seed_form(schema):
    """The original's schema: other docs, left out here, and a stray default inside an array type."""
    if isinstance(schema, list):
        return [seed_form(part) for part in schema]
    if not isinstance(schema, dict):
        return schema
    form = {name: seed_form(part) for name, part in schema.items() if name != "doc"}
    if form.get("items") == ["null", "string"]:
        form["default"] = []
    return form


def framed(schema, frame):
    out = io.BytesIO()
    fastavro.schemaless_writer(out, schema, frame)
    return (struct.pack(">bI", 0, SCHEMA_ID) + out.getvalue()).hex()


ours = json.loads(SCHEMA_FILE.read_text())
seeds = seed_form(ours)
forms = {to_parsing_canonical_form(schema) for schema in (ours, seeds)}
assert len(forms) == 1, "the schemas must have one canonical form"
parsed = fastavro.parse_schema(seeds)
json.dump(
    {
        "seedSchema": seeds,
        "fingerprintMd5": fingerprint(forms.pop(), "MD5"),
        "frames": [
            {"name": name, "frame": frame, "hex": framed(parsed, frame)}
            for name, frame in FRAMES.items()
        ],
    },
    sys.stdout,
    indent=2,
    ensure_ascii=False,
)
print()
