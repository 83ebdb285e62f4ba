#!/usr/bin/python3
"""Signs 300 generated requests with botocore and with our own code and compares the results.

Usage: botocore_compare.py SIGN_TOOL [SEED]. Exit 77: botocore is not installed.
"""
import datetime
import json
import random
import subprocess
import sys
from urllib.parse import parse_qsl, quote

try:
    from botocore.auth import SigV4Auth, SigV4QueryAuth
    from botocore.awsrequest import AWSRequest
    from botocore.credentials import Credentials
except ImportError:
    print("python3-botocore is not installed: skipped")
    sys.exit(77)

COUNT = 300
REGIONS = ["us-east-1", "eu-central-1", "ap-northeast-1", "us-gov-west-1", "cn-north-1", "eu-isoe-west-1", "mx-central-1"]
SERVICES = [("rds", "form"), ("ec2", "form"), ("monitoring", "form"), ("sts", "form"), ("pi", "json"), ("logs", "json"),
            ("kms", "json"), ("secretsmanager", "json"), ("application-autoscaling", "json")]
TEXT = "abcXYZ0189-_.~ +/=&%?#:;,@!'()*[]\"\\<>|^`{}$äöß–日本語🚀é"


def text(rng, least, most):
    return "".join(rng.choice(TEXT) for _ in range(rng.randint(least, most)))


def keys(rng):
    alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
    return {
        "access_key": "AKID" + "".join(rng.choice("ABCDEFGHIJ234567") for _ in range(16)),
        "secret_key": "".join(rng.choice(alphabet) for _ in range(40)),
        "token": "".join(rng.choice(alphabet + "=") for _ in range(rng.randint(1, 900))) if rng.random() < 0.5 else "",
        "region": rng.choice(REGIONS),
        "at": rng.randint(946684800, 4102444799),
    }


def form_body(rng):
    pairs = [("Action", "Describe" + rng.choice(["DBClusters", "Events", "Subnets"])), ("Version", "2014-10-31")]
    for i in range(rng.randint(0, 12)):
        pairs.append((f"Filters.Filter.{i + 1}.Values.Value.1", text(rng, 0, 30)))
    return "&".join(k + "=" + quote(v, safe="-_.~").replace("%20", rng.choice(["+", "%20"])) for k, v in pairs)


def generated_request(rng):
    request = keys(rng)
    service, protocol = rng.choice(SERVICES)
    host = f"{service}.{request['region']}.amazonaws.com" if rng.random() < 0.7 else f"127.0.0.1:{rng.randint(1024, 65535)}"
    headers = [("Host", host)]
    request.update(kind="header", service=service, method="POST", path="/", query="", body="")
    if protocol == "form":
        headers.append(("Content-Type", "application/x-www-form-urlencoded; charset=utf-8"))
        request["body"] = form_body(rng)
    else:
        headers.append(("Content-Type", "application/x-amz-json-1.1"))
        headers.append(("X-Amz-Target", "Logs_20140328.FilterLogEvents"))
        request["body"] = json.dumps({text(rng, 1, 8): text(rng, 0, 60) for _ in range(rng.randint(0, 6))})
    if rng.random() < 0.3:
        request["method"] = "GET"
        request["body"] = ""
        request["path"] = "/" + "/".join(quote(text(rng, 1, 9), safe="") for _ in range(rng.randint(0, 4)))
        request["query"] = "&".join(
            quote(text(rng, 1, 8), safe="-_.~") + "=" + quote(text(rng, 0, 12), safe="-_.~") for _ in range(rng.randint(0, 7)))
    if rng.random() < 0.4:
        headers.append(("X-Custom-" + str(rng.randint(0, 9)), "  spaced   out  " + text(rng, 0, 3).encode("ascii", "ignore").decode()))
    request["headers"] = [{"name": n, "value": v} for n, v in headers]
    return request


def generated_token(rng):
    token = keys(rng)
    token.update(kind="token", host=f"c{rng.randint(0, 999)}.cluster-abc.{token['region']}.rds.amazonaws.com",
                 port=rng.choice([5432, 5433, 15432]), user=text(rng, 1, 20).replace("\0", ""))
    return token


def stamp(request):
    return datetime.datetime.utcfromtimestamp(request["at"]).strftime("%Y%m%dT%H%M%SZ")


def credentials(request):
    return Credentials(request["access_key"], request["secret_key"], request["token"] or None)


def sign_by_botocore(request):
    url = "https://" + request["headers"][0]["value"] + request["path"]
    if request["query"]:
        url += "?" + request["query"]
    made = AWSRequest(method=request["method"], url=url, data=request["body"].encode(),
                      headers={h["name"]: h["value"] for h in request["headers"]})
    auth = SigV4Auth(credentials(request), request["service"], request["region"])
    made.context["timestamp"] = stamp(request)
    auth._modify_request_before_signing(made)
    auth._inject_signature_to_request(made, auth.signature(auth.string_to_sign(made, auth.canonical_request(made)), made))
    return made.headers["Authorization"]


def token_by_botocore(request):
    url = f"https://{request['host']}:{request['port']}/?Action=connect&DBUser=" + quote(request["user"], safe="-_.~")
    made = AWSRequest(method="GET", url=url)
    auth = SigV4QueryAuth(credentials(request), "rds-db", request["region"], expires=900)
    made.context["timestamp"] = stamp(request)
    auth._modify_request_before_signing(made)
    auth._inject_signature_to_request(made, auth.signature(auth.string_to_sign(made, auth.canonical_request(made)), made))
    return made.url[len("https://"):]


def same_token(ours, theirs):
    return ours.split("?")[0] == theirs.split("?")[0] and sorted(parse_qsl(ours.split("?", 1)[1])) == sorted(
        parse_qsl(theirs.split("?", 1)[1]))


def main():
    seed = int(sys.argv[2]) if len(sys.argv) > 2 else 20260115
    rng = random.Random(seed)
    requests = [generated_request(rng) if i % 6 else generated_token(rng) for i in range(COUNT)]
    lines = "".join(json.dumps(r) + "\n" for r in requests)
    run = subprocess.run([sys.argv[1]], input=lines.encode(), stdout=subprocess.PIPE, check=True)
    results = run.stdout.decode().splitlines()
    wrong = 0
    for request, ours in zip(requests, results):
        if request["kind"] == "token":
            theirs = token_by_botocore(request)
            good = same_token(ours, theirs)
        else:
            theirs = sign_by_botocore(request)
            good = ours == theirs
        if not good:
            wrong += 1
            print(json.dumps(request, ensure_ascii=False), "\nours  ", ours, "\ntheirs", theirs)
    print(f"{len(results)} of {COUNT} requests signed, {wrong} differ (seed {seed})")
    sys.exit(0 if wrong == 0 and len(results) == COUNT else 1)


main()
