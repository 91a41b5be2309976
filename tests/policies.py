"""Writes every IAM policy of the project into a folder, as AWS would get it: `make lint-policies`.

python -m tests.policies FOLDER
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

from labor_lake.deployment.deployer import deployer_policy
from labor_lake.deployment.template import make_template
from tests.cloudformation import Template

ACCOUNT, REGION, STACK = "123456789012", "us-east-1", "labor-lake"
# Everything that adds rights.
_GIVEN = {
    "Contact": "a@example.com",
    "CodePrefix": "code/1a2b",
    "VpcConnection": "private",
    "LakeFormation": "true",
    "KmsKeyArn": f"arn:aws:kms:{REGION}:{ACCOUNT}:key/1a2b",
}


def all_policies() -> dict[str, Any]:
    """Policy documents, by the resource of the template that has them; and the deployer's."""
    resources = Template(make_template()).resolve(_GIVEN).resources
    found = {"deployer": json.loads(deployer_policy(STACK, "labor_lake", REGION, ACCOUNT))}
    for name, resource in resources.items():
        properties = resource["Properties"]
        if "PolicyDocument" in properties:
            found[name] = properties["PolicyDocument"]
        for policy in properties.get("Policies", ()):
            found[name] = policy["PolicyDocument"]
    return found


if __name__ == "__main__":
    folder = Path(sys.argv[1])
    folder.mkdir(parents=True, exist_ok=True)
    for policy_of, document in all_policies().items():
        (folder / f"{policy_of}.json").write_text(json.dumps(document, indent=1), "utf-8")
