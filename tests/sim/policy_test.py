#!/usr/bin/python3
"""Least privilege: what `auroratop policy` prints is what the console asks, and each missing right costs only what needs it.

Usage: policy_test.py AURORATOP AURORATOP_SIM README
"""
import json
import os
import re
import subprocess
import sys
import tempfile
import urllib.parse
import urllib.request

AURORATOP, SIM, README = sys.argv[1:4]
HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
IAM = {"monitoring": "cloudwatch"}
BARE = {"PATH": os.environ["PATH"], "LC_ALL": "C.UTF-8", "AWS_CONFIG_FILE": "/dev/null", "AWS_SHARED_CREDENTIALS_FILE": "/dev/null",
        "AWS_EC2_METADATA_DISABLED": "true", "NO_PROXY": "127.0.0.1", "ASAN_OPTIONS": os.environ.get("ASAN_OPTIONS", "")}


def expect(what, fine, shown=""):
    if not fine:
        print(f"FAILED: {what} {shown}")
        sys.exit(1)


def rows():
    with open(ROOT + "/src/core/aws/api.def", encoding="utf-8") as f:
        return re.findall(r'^API\((\w+), "(\w+)", (\w+), (\w+), (\d+)\)', f.read(), re.M)


def policy(*words, **env):
    run = subprocess.run([AURORATOP, "policy", *words], env=BARE | {"HOME": env.pop("home", "/nonexistent")} | env, check=True,
                         stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    return json.loads(run.stdout), run.stderr


def actions(document, prefix=""):
    return {a for s in document["Statement"] if s["Sid"].startswith(prefix) for a in s["Action"]}


def check_document():
    read, _ = policy("--region", "eu-west-1")
    both, _ = policy("--maintenance", "--region", "eu-west-1", "prod-orders")
    expect("version", read["Version"] == "2012-10-17")
    for statement in both["Statement"]:
        expect("statement", set(statement) == {"Sid", "Effect", "Action", "Resource"} and statement["Effect"] == "Allow", statement)
        expect("sid", re.fullmatch("[A-Za-z0-9]+", statement["Sid"]), statement["Sid"])
        for resource in [statement["Resource"]] if isinstance(statement["Resource"], str) else statement["Resource"]:
            expect("resource", resource == "*" or re.fullmatch(r"arn:aws:[a-z0-9-]+:eu-west-1:\*:\S+", resource), resource)
    expect("sids are unique", len({s["Sid"] for s in both["Statement"]}) == len(both["Statement"]))
    expect("reading changes nothing", not any(re.search(":(Create|Delete|Modify|Reboot|Failover|Authorize|Stop)", a) for a in actions(read)))
    expect("maintenance is more", actions(read) < actions(both) and "rds:RebootDBInstance" in actions(both))
    expect("no write on everything", all(s["Resource"] != "*" for s in both["Statement"] if s["Sid"].startswith("Change")))
    expect("the cluster named", "arn:aws:rds:eu-west-1:*:cluster:prod-orders" in json.dumps(both))
    china, _ = policy("--region", "cn-north-1")
    expect("partition", "arn:aws-cn:pi:cn-north-1:*:metrics/rds/*" in json.dumps(china))
    nowhere, _ = policy()
    expect("no region", "arn:aws:pi:*:*:metrics/rds/*" in json.dumps(nowhere))
    with tempfile.TemporaryDirectory() as home:
        os.makedirs(home + "/.config/auroratop")
        with open(home + "/.config/auroratop/config.ini", "w") as f:
            f.write("[auroratop]\nread_only = on\n")
        kept, said = policy("--maintenance", "--region", "eu-west-1", home=home)
    expect("read-only needs no more", actions(kept) == actions(read) and "read_only is set" in said, said)
    return read, both


def check_logins(read):
    """What the means of logging in need, of who watches and who acts, and nothing where libpq's own will do."""
    def more(*words, **env):
        document, _ = policy("--region", "eu-west-1", "prod-orders", *words, **env)
        return {a: s["Resource"] for s in document["Statement"] for a in s["Action"] if a not in actions(read)}
    expect("a password needs no right", more("--auth", "password", "--user", "monitor") == {})
    expect("a token", more("--auth", "iam", "--user", "monitor") ==
           {"rds-db:connect": ["arn:aws:rds-db:eu-west-1:*:dbuser:*/monitor"]}, more("--auth", "iam", "--user", "monitor"))
    expect("tokens of two", more("--auth", "iam", "--action-user", "keeper", PGUSER="monitor") ==
           {"rds-db:connect": ["arn:aws:rds-db:eu-west-1:*:dbuser:*/monitor", "arn:aws:rds-db:eu-west-1:*:dbuser:*/keeper"]})
    expect("the master user's secret", more("--auth", "secret") ==
           {"secretsmanager:GetSecretValue": ["arn:aws:secretsmanager:eu-west-1:*:secret:rds!cluster-*"]})
    expect("a secret by name", more("--auth", "secret", "--secret", "orders/watch") ==
           {"secretsmanager:GetSecretValue": ["arn:aws:secretsmanager:eu-west-1:*:secret:orders/watch-??????"]})
    arn = "arn:aws:secretsmanager:eu-west-1:111122223333:secret:orders/keep-AbCdEf"
    expect("a token and a secret by ARN", more("--auth", "iam", "--user", "monitor", "--action-secret", arn) ==
           {"rds-db:connect": ["arn:aws:rds-db:eu-west-1:*:dbuser:*/monitor"], "secretsmanager:GetSecretValue": [arn]})


def check_operations(both):
    """Every call an operation of the console is made of is allowed with --maintenance."""
    with open(ROOT + "/src/core/model/operations.def", encoding="utf-8") as f:
        calls = set(re.findall(r'"((?:rds|ec2):\w+)"', f.read()))
    expect("operations", len(calls) >= 8 and calls <= actions(both), calls - actions(both))


def check_readme(read):
    with open(README, encoding="utf-8") as f:
        named = set(re.findall(r"`((?:rds|ec2|cloudwatch|logs|pi|kms|secretsmanager|application-autoscaling):\w+)`", f.read()))
    expect("README names what is needed", actions(read) <= named, actions(read) - named)
    _, both = None, policy("--maintenance")[0]
    expect("README names nothing else", named <= actions(both) | {"secretsmanager:GetSecretValue", "kms:Decrypt"}, named - actions(both))


class Sim:
    def __init__(self):
        read, self.write = os.pipe()
        self.process = subprocess.Popen([SIM, "--supervised", str(read)], stdout=subprocess.PIPE, text=True, pass_fds=[read])
        os.close(read)
        self.env = dict(BARE, HOME="/nonexistent")
        for line in self.process.stdout:
            if line == "ready\n":
                break
            name, value = line.removeprefix("export ").strip().split("=", 1)
            self.env[name] = value

    def call(self, path, **form):
        body = urllib.parse.urlencode(form).encode() if path != "requests" else None
        with urllib.request.urlopen(f"{self.env['AWS_ENDPOINT_URL']}/_sim/{path}", body, 30) as r:
            return r.read().decode()

    def once(self):
        panes = [w for s in SOURCES for w in ("--pane", s)]
        run = subprocess.run([AURORATOP, "--once", "--format", "json", *panes, "prod-orders"], env=self.env, stdout=subprocess.PIPE,
                             stderr=subprocess.PIPE, text=True)
        return json.loads(run.stdout)["sources"]

    def close(self):
        os.close(self.write)
        self.process.wait()


SOURCES = ("clusters instances security_groups security_group_rules subnets route_tables network_acls snapshots metrics alarms "
           "pending_maintenance keys secrets scaling parameters insights load_keys logs events").split()


def shape(source):
    """State and which values are there, not what they are: they move."""
    return source["state"], sorted({k for r in source.get("rows", []) for k, v in r.items() if v is not None})


def check_denied(read):
    sim = Sim()
    try:
        whole = sim.once()
        asked = {f"{IAM.get(r['service'], r['service'])}:{r['operation']}" for r in json.loads(sim.call("requests"))}
        expect("what is asked is allowed", asked <= actions(read), asked - actions(read))
        for name, source in whole.items():
            expect(f"{name} in peace", source["state"] == "ok", json.dumps(source)[:300])
        for service, operation, use, _, _ in rows():
            action = next((a for a in actions(read) if a.endswith(":" + operation)), None)
            if use != "READ" or action not in asked:
                continue
            sim.call("fault", service=next(k for k in SERVICES if SERVICES[k] == service), operation=operation, kind="denied")
            now = sim.once()
            sim.call("clear")
            told = 0
            for name, source in now.items():
                says = f"needs {action}" in json.dumps(source)
                told += says
                expect(f"{name} without {action}", says or shape(source) == shape(whole[name]), f"\n{json.dumps(source)[:600]}")
            expect(f"somebody names {action}", told > 0)
            print(f"{action}: named by {told} of {len(now)} sources")
    finally:
        sim.close()
    return asked


SERVICES = {"rds": "RDS", "ec2": "EC2", "monitoring": "CLOUDWATCH", "pi": "PI", "logs": "LOGS", "kms": "KMS", "secretsmanager": "SECRETS_MANAGER",
            "application-autoscaling": "AUTO_SCALING"}


def main():
    read, both = check_document()
    check_logins(read)
    check_operations(both)
    check_readme(read)
    asked = check_denied(read)
    print(f"{len(actions(read))} actions to read, {len(actions(both)) - len(actions(read))} more to maintain; {len(asked)} asked by one refresh")


main()
