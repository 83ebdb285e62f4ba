#!/usr/bin/env python3
"""Compares login tokens with `aws rds generate-db-auth-token`: the CLI makes one, ours is made at the time that stands
in it, from the same files and variables. Skipped (77) where there is no AWS CLI."""
import calendar
import os
import subprocess
import sys
import tempfile
import time
import urllib.parse

AWS = "/usr/bin/aws"
CREDENTIALS = """[default]
aws_access_key_id = AKIDEXAMPLE
aws_secret_access_key = wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY
[session]
aws_access_key_id = ASIAEXAMPLE
aws_secret_access_key = another/Secret+key/of/no/account/at/all00
aws_session_token = IQoJb3JpZ2luX2VjEJr//////////wEaCXVzLWVhc3QtMSJGMEQCI+/==""" + "x" * 900 + "\n"
CASES = [  # host, port, user, region, more variables
    ("orders-1.c1a2b3.eu-west-1.rds.amazonaws.com", 5432, "monitor", "eu-west-1", {}),
    ("orders.cluster-ro-c1a2b3.us-east-1.rds.amazonaws.com", 6543, "Jane Doe+1@example.com", "us-east-1", {}),
    ("orders-1.c1.rds.cn-north-1.amazonaws.com.cn", 5432, "watch_1", "cn-north-1", {"AWS_PROFILE": "session"}),
    ("shop.proxy-c1a2b3.us-gov-west-1.rds.amazonaws.com", 5432, "ä/ö?", "us-gov-west-1",
     {"AWS_ACCESS_KEY_ID": "AKIAOTHER", "AWS_SECRET_ACCESS_KEY": "k" * 40}),
]


def run(command, env):
    p = subprocess.run(command, env=env, capture_output=True, text=True, timeout=60, check=False)
    if p.returncode:
        sys.exit(f"{command[0]}: {p.stdout}{p.stderr}")
    return p.stdout.strip()


def parts(token):
    place, query = token.split("/?", 1)
    return place, sorted(urllib.parse.parse_qsl(query, keep_blank_values=True, strict_parsing=True))


def main(tool):
    if not os.path.exists(AWS):
        print("no AWS CLI here")
        return 77
    faults = 0
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "credentials")
        with open(path, "w", encoding="utf-8") as f:
            f.write(CREDENTIALS)
        for host, port, user, region, more in CASES:
            env = {"PATH": "/usr/bin:/bin", "HOME": folder, "LC_ALL": "C.UTF-8", "AWS_SHARED_CREDENTIALS_FILE": path,
                   "AWS_CONFIG_FILE": os.path.join(folder, "none"), "AWS_EC2_METADATA_DISABLED": "true",
                   "AWS_REGION": region, "AWS_DEFAULT_REGION": region, **more}
            theirs = run([AWS, "rds", "generate-db-auth-token", "--hostname", host, "--port", str(port), "--username",
                          user, "--region", region], env)
            date = dict(parts(theirs)[1])["X-Amz-Date"]
            at = calendar.timegm(time.strptime(date, "%Y%m%dT%H%M%SZ"))
            ours = run([tool, host, str(port), user, str(at)], env)
            if parts(ours) != parts(theirs):
                faults += 1
                print(f"{host}:\n  ours   {ours}\n  theirs {theirs}")
    print(f"{len(CASES)} tokens compared with the AWS CLI's, {faults} differ")
    return faults > 0


sys.exit(main(sys.argv[1]))
