#!/usr/bin/python3
"""Judges the requests a client sent to the simulated endpoint by botocore's service models.

    validate_requests.py SOURCE [--least N] [--take] [--policy AURORATOP]

SOURCE is the endpoint's URL (its /_sim/requests is fetched), a file with that JSON, or a folder where test programs left
requests (AURORATOP_REQUESTS): *.jsonl of the endpoint's rows, *.txt of lines "SERVICE<tab>TARGET<tab>BODY". --take removes those files; an
empty folder ends with status 77. Every
request must name an operation of the service's model; every parameter, down to the last
dotted part, must be one the model knows, in the model's wire name; required members must be
there; values must have their type (number, boolean, time, enumeration), lists must
count from 1. Exit status 1 and one line per problem otherwise. --least N also fails when
fewer than N requests were logged, so that an empty log does not pass for a good one. --policy also fails when a request
is not among what that program's policy --maintenance --auth secret allows.
"""
import argparse
import collections
import json
import os
import pathlib
import re
import subprocess
import sys
import urllib.parse
import urllib.request

import botocore.exceptions
import botocore.session

MODELS = {"monitoring": "cloudwatch"}  # signing names that are not the model's
TIME = re.compile(r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)$")


def tree(params):
    """{"A.B.1": v} as {"A": {"B": {"1": v}}}; a value beside children is kept as children[""]."""
    root = {}
    for name, value in params.items():
        node = root
        for part in name.split("."):
            node = node.setdefault(part, {})
        node[""] = value
    return root


class Judge:
    def __init__(self, protocol):
        self.ec2 = protocol == "ec2"
        self.json = protocol == "json"
        self.problems = []

    def say(self, path, text):
        self.problems.append(f"{path or 'request'}: {text}")

    def wire_name(self, member_name, shape):
        s = shape.serialization
        if self.ec2:
            if "queryName" in s:
                return s["queryName"]
            if "name" in s:
                return s["name"][0].upper() + s["name"][1:]
            return member_name
        return s.get("name", member_name)

    def structure(self, path, shape, node):
        by_wire = {self.wire_name(n, m): (n, m) for n, m in shape.members.items()}
        for wire in node:
            if wire == "":
                self.say(path, "a structure has no value of its own")
            elif wire not in by_wire:
                self.say(f"{path}.{wire}".lstrip("."), f"{shape.name} has no such member")
            else:
                self.value(f"{path}.{wire}".lstrip("."), by_wire[wire][1], node[wire])
        present = {by_wire[w][0] for w in node if w in by_wire}
        for name in shape.required_members:
            if name not in present:
                self.say(path, f"required {name} is missing")

    def items(self, path, shape, node):
        numbers = sorted(node, key=lambda k: (not k.isdigit(), int(k) if k.isdigit() else 0))
        if numbers != [str(i + 1) for i in range(len(numbers))]:
            self.say(path, f"list items are {', '.join(numbers)}")
        for n in numbers:
            self.value(f"{path}.{n}", shape.member, node[n])

    def list(self, path, shape, node):
        if "" in node:
            if node[""] != "" or len(node) > 1:
                self.say(path, "a list has no value of its own")
            return
        if self.ec2 or shape.serialization.get("flattened"):
            self.items(path, shape, node)
            return
        item = shape.member.serialization.get("name", "member")
        if self.json:
            item = "member"
        for key in node:
            if key != item:
                self.say(f"{path}.{key}", f"items of this list are named {item}")
        if item in node:
            self.items(f"{path}.{item}", shape, node[item])

    def scalar(self, path, shape, text):
        kind = shape.type_name
        if kind in ("integer", "long") and not re.fullmatch(r"-?\d+", text):
            self.say(path, f"{text!r} is no integer")
        elif kind in ("double", "float"):
            try:
                float(text)
            except ValueError:
                self.say(path, f"{text!r} is no number")
        elif kind == "boolean" and text not in ("true", "false"):
            self.say(path, f"{text!r} is neither true nor false")
        elif kind == "timestamp":
            if not (re.fullmatch(r"-?[\d.]+(e[+-]?\d+)?", text) if self.json else TIME.match(text)):
                self.say(path, f"{text!r} is no time")
        elif kind == "string" and getattr(shape, "enum", None) and text not in shape.enum:
            self.say(path, f"{text!r} is none of {', '.join(shape.enum)}")
        if kind in ("integer", "long") and re.fullmatch(r"-?\d+", text):
            low, high = shape.metadata.get("min"), shape.metadata.get("max")
            if (low is not None and int(text) < low) or (high is not None and int(text) > high):
                self.say(path, f"{text} is outside {low} to {high}")

    def value(self, path, shape, node):
        if shape.type_name == "structure":
            self.structure(path, shape, node)
        elif shape.type_name == "list":
            self.list(path, shape, node)
        elif shape.type_name == "map":
            return
        elif set(node) != {""}:
            self.say(path, f"{shape.type_name} expected, got members {', '.join(k for k in node if k)}")
        else:
            self.scalar(path, shape, node[""])


def judge(request, session, models):
    """Problems of one logged request, as text lines."""
    service = request["service"]
    if request["protocol"] == "rest":
        return []  # neither signed nor of a service model's flat parameters
    if service not in models:
        try:
            models[service] = session.get_service_model(MODELS.get(service, service))
        except botocore.exceptions.UnknownServiceError:
            return [f"unknown service {service}"]
    model = models[service]
    params = dict(request["params"])
    if request["protocol"] != "json":
        if params.pop("Action", None) != request["operation"]:
            return ["Action is missing"]
        version = params.pop("Version", None)
        if version != model.api_version:
            return [f"Version is {version}, not {model.api_version}"]
    if request["operation"] not in model.operation_names:
        return [f"{model.service_name} has no operation {request['operation']}"]
    judge_ = Judge(request["protocol"])
    shape = model.operation_model(request["operation"]).input_shape
    if shape is not None:
        judge_.structure("", shape, tree(params))
    elif params:
        judge_.say("", "the operation takes no parameters")
    return judge_.problems


def validate(requests):
    session = botocore.session.get_session()
    models = {}
    lines = []
    for r in requests:
        for problem in judge(r, session, models):
            lines.append(f"{r['at']} {r['service']} {r['operation']}: {problem}")
    return lines


def load(source):
    if source.startswith(("http://", "https://")):
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        with opener.open(source.rstrip("/") + "/_sim/requests", timeout=30) as f:
            return json.load(f)
    if os.path.isdir(source):
        return [request for path in kept(source) for request in read_kept(path)]
    with open(source, encoding="utf-8") as f:
        return json.load(f)


def kept(folder):
    return sorted(str(p) for p in pathlib.Path(folder).iterdir() if p.suffix in (".jsonl", ".txt"))


def read_kept(path):
    with open(path, encoding="utf-8") as f:
        for number, line in enumerate(f, 1):
            if path.endswith(".jsonl"):
                yield json.loads(line)
                continue
            service, target, body = line.rstrip("\n").split("\t", 2)
            at = f"{os.path.basename(path)}:{number}"
            if target:
                params = dict(flat("", json.loads(body)))
                yield {"service": service, "operation": target.split(".")[-1], "params": params, "protocol": "json", "at": at}
                continue
            params = dict(urllib.parse.parse_qsl(body, keep_blank_values=True))
            yield {"service": service, "operation": params.get("Action", ""), "params": params,
                   "protocol": "ec2" if service == "ec2" else "query", "at": at}


def flat(path, value):
    """A JSON body as the endpoint's log names its parts."""
    if isinstance(value, dict):
        for name, part in value.items():
            yield from flat(f"{path}.{name}" if path else name, part)
    elif isinstance(value, list):
        for i, part in enumerate(value, 1):
            yield from flat(f"{path}.member.{i}", part)
    else:
        yield path, str(value).lower() if isinstance(value, bool) else str(value)


# A role's trust allows the first, a person at a browser the others: no policy of ours.
NO_ACTION = {"sts", "sso", "sso-oidc"}


def not_allowed(program, requests):
    run = subprocess.run([program, "policy", "--maintenance", "--auth", "secret"], check=True, stdout=subprocess.PIPE, text=True)
    allowed = {a for s in json.loads(run.stdout)["Statement"] for a in s["Action"]}
    for service, operation in sorted({(r["service"], r["operation"]) for r in requests if r["service"] not in NO_ACTION}):
        action = f"{'cloudwatch' if service == 'monitoring' else service}:{operation}"
        # what tests make up is no operation
        if operation[:1].isupper() and action not in allowed:
            yield f"{action} is asked and not in the policy"


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("source")
    parser.add_argument("--least", type=int, default=1)
    parser.add_argument("--take", action="store_true")
    parser.add_argument("--policy")
    args = parser.parse_args()
    requests = load(args.source)
    if args.take:
        for path in kept(args.source):
            os.remove(path)
        if not requests:
            print("no test left a request there: run those that send first")
            return 77
    lines = validate(requests) + (list(not_allowed(args.policy, requests)) if args.policy else [])
    for line in lines:
        print(line)
    if len(requests) < args.least:
        lines.append("")
        print(f"only {len(requests)} requests were logged, expected {args.least} or more")
    for (service, operation), n in sorted(collections.Counter((r["service"], r["operation"]) for r in requests).items()):
        print(f"{n:6} {service} {operation}")
    print(f"{len(requests)} requests, {len(lines)} problems")
    return 1 if lines else 0


if __name__ == "__main__":
    sys.exit(main())
