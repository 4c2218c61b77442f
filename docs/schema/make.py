"""Write the JSON Schema of a record: ``python docs/schema/make.py``."""

import json
from pathlib import Path

from sgdkit.governance.json_schema import record_schema

path = Path(__file__).with_name("record-1.json")
path.write_text(json.dumps(record_schema(), indent=1) + "\n", encoding="utf-8")
