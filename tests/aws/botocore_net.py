#!/usr/bin/python3
"""Endpoints, proxies and the adaptive rate: what we would do and what botocore does, over tables.

Usage: botocore_net.py NET_TOOL. Exit 77: botocore is not installed.
"""
import itertools
import os
import random
import subprocess
import sys
import tempfile

try:
    import botocore
    import botocore.session
    from botocore.config import Config
    from botocore.httpsession import ProxyConfiguration
    from botocore.retries import adaptive, bucket, throttling
    from botocore.utils import get_environ_proxies
except ImportError:
    print("python3-botocore is not installed: skipped")
    sys.exit(77)

TOOL = sys.argv[1]
VERSION = tuple(int(x) for x in botocore.__version__.split(".")[:2])
# signing name of ours, name of botocore's, an operation without parameters
SERVICES = [("rds", "rds", "DescribeDBClusters"), ("ec2", "ec2", "DescribeSubnets"), ("monitoring", "cloudwatch", "DescribeAlarms"),
            ("pi", "pi", "GetResourceMetrics"), ("logs", "logs", "FilterLogEvents"), ("kms", "kms", "DescribeKey"),
            ("secretsmanager", "secretsmanager", "DescribeSecret"),
            ("application-autoscaling", "application-autoscaling", "DescribeScalableTargets"),
            ("sts", "sts", "GetCallerIdentity")]
REGIONS = ["us-east-1", "eu-central-1", "ap-southeast-3", "mx-central-1", "us-gov-west-1", "us-gov-east-1", "cn-north-1",
           "us-iso-east-1", "us-isob-east-1", "fips-us-east-1", "us-west-2-fips"]
NEW_REGIONS = ["eu-isoe-west-1", "us-isof-south-1", "eusc-de-east-1"]  # Debian's botocore does not know them
failed = []


def check(what, ours, theirs):
    if ours != theirs:
        failed.append(what)
        print(f"{what}\n  ours   {ours}\n  theirs {theirs}")


def environment(**more):
    kept = {k: v for k, v in os.environ.items() if not k.startswith("AWS_") and not k.lower().endswith("_proxy")}
    nowhere = {"AWS_CONFIG_FILE": "/nonexistent", "AWS_SHARED_CREDENTIALS_FILE": "/nonexistent", "AWS_ACCESS_KEY_ID": "a",
               "AWS_SECRET_ACCESS_KEY": "b", "AWS_EC2_METADATA_DISABLED": "true", "AWS_STS_REGIONAL_ENDPOINTS": "regional"}
    return kept | nowhere | more


def ours(env, *words):
    return subprocess.run([TOOL, *words], env=env, check=True, stdout=subprocess.PIPE, text=True).stdout.rstrip("\n")


def theirs_endpoint(session, service, operation, region, fips, dual, endpoint_url=None):
    config = Config(use_fips_endpoint=fips or None, use_dualstack_endpoint=dual or None)
    client = session.create_client(service, region_name=region, config=config, endpoint_url=endpoint_url)
    # what a request really goes to; the client's meta knows only the older table
    found = client._resolve_endpoint_ruleset(client.meta.service_model.operation_model(operation), {}, {"client_region": region})
    return found[0].rstrip("/") + "/"


def known_to_differ(service, region, fips, dual):
    """Where Debian's botocore of early 2023 is behind the endpoint rules of today (which the newer one follows)."""
    if VERSION >= (1, 40):
        # no host is published there, and the rules contradict each other from service to service
        return "iso" in region and (fips or dual)
    return "iso" in region and (fips or dual) or service == "secretsmanager" and dual or "us-gov" in region and (fips or dual)


def endpoints():
    regions, asked = REGIONS + (NEW_REGIONS if VERSION >= (1, 40) else []), 0
    for fips, dual in itertools.product([False, True], repeat=2):
        flags = {}
        if fips:
            flags["AWS_USE_FIPS_ENDPOINT"] = "true"
        if dual:
            flags["AWS_USE_DUALSTACK_ENDPOINT"] = "true"
        os.environ.clear()
        os.environ.update(environment())
        session = botocore.session.Session()
        for (signing, service, operation), region in itertools.product(SERVICES, regions):
            pseudo = "fips-" in region or region.endswith("-fips")
            if known_to_differ(service, region, fips or pseudo, dual):
                continue
            try:
                theirs = theirs_endpoint(session, service, operation, region, fips, dual)
            except botocore.exceptions.BotoCoreError as e:
                print(f"{service} {region} fips={fips} dual={dual}: botocore says {e}")
                failed.append(service)
                continue
            check(f"endpoint {service} {region} fips={fips} dual={dual}", ours(environment(**flags), "endpoint", signing, region).split()[0],
                  theirs)
            asked += 1
    print(f"{asked} endpoints compared")


# per service variable, variable, services section, profile, ignored, option: which of them are set
def overrides():
    """The order of overrides; botocore knows it since 1.31."""
    if VERSION < (1, 31):
        print("overrides: this botocore knows none")
        return
    asked = 0
    for own, all_, section, profile, ignored, option in itertools.product([False, True], repeat=6):
        with tempfile.NamedTemporaryFile("w", suffix=".config") as f:
            f.write("[default]\nregion = us-east-1\n")
            if section:
                f.write("services = lab\n")
            if profile:
                f.write("endpoint_url = http://profile:1\n")
            if section:
                f.write("[services lab]\nrds =\n  endpoint_url = http://section:2\n")
            f.flush()
            more = {"AWS_CONFIG_FILE": f.name}
            if own:
                more["AWS_ENDPOINT_URL_RDS"] = "http://own:3"
            if all_:
                more["AWS_ENDPOINT_URL"] = "http://all:4"
            if ignored:
                more["AWS_IGNORE_CONFIGURED_ENDPOINT_URLS"] = "true"
            env = environment(**more)
            os.environ.clear()
            os.environ.update(env)
            url = "http://option:5" if option else None
            theirs = theirs_endpoint(botocore.session.Session(), "rds", "DescribeDBClusters", "us-east-1", False, False, url)
            check(f"override own={own} all={all_} section={section} profile={profile} ignored={ignored} option={option}",
                  ours(env, "endpoint", "rds", "us-east-1", *([url] if url else [])).split()[0], theirs)
            asked += 1
    print(f"{asked} overrides compared")


def proxies():
    urls = ["https://rds.eu-west-1.amazonaws.com/", "http://127.0.0.1:8000/", "https://vpce-1.rds.vpce.example.com:8443/",
            "https://example.com/", "http://[::1]:8000/"]
    settings = [{"HTTPS_PROXY": "http://p:3128"}, {"https_proxy": "http://low:1", "HTTPS_PROXY": "http://up:2"},
                {"https_proxy": "", "HTTPS_PROXY": "http://up:2"}, {"HTTP_PROXY": "http://plain:3"}, {"http_proxy": "plain:4"},
                {"HTTPS_PROXY": "//p:5", "HTTP_PROXY": "https://p:6"}, {"ALL_PROXY": "http://all:7", "all_proxy": "http://all:8"},
                {"HTTPS_PROXY": "http://name:word@p:9"}, {"HTTP_PROXY": "http://p:1", "REQUEST_METHOD": "GET"}, {}]
    exceptions = [{}, {"NO_PROXY": "*"}, {"NO_PROXY": "amazonaws.com, 127.0.0.1"}, {"NO_PROXY": ".example.com"},
                  {"no_proxy": "example.com:8443"}, {"no_proxy": "", "NO_PROXY": "*"}, {"NO_PROXY": "127.0.0.1:8000,[::1]"},
                  {"NO_PROXY": "xample.com"}, {"NO_PROXY": "RDS.EU-WEST-1.AmazonAWS.com,,"}, {"NO_PROXY": "10.0.0.0/8,*.amazonaws.com"}]
    asked = 0
    for setting, exception, url in itertools.product(settings, exceptions, urls):
        env = environment(**setting, **exception)
        os.environ.clear()
        os.environ.update(env)
        theirs = ProxyConfiguration(proxies=get_environ_proxies(url)).proxy_url_for(url) or ""
        check(f"proxy {setting} {exception} {url}", ours(env, "proxy", url), theirs)
        asked += 1
    print(f"{asked} proxies compared")


class Clock:
    def __init__(self):
        self.now = 0.0

    def current_time(self):
        return self.now


def rates(rng, answers):
    """One random history of answers, through both."""
    clock, history, theirs = Clock(), [], []
    clock.now = 1000.0
    clocker, cubic, tokens = adaptive.RateClocker(clock), throttling.CubicCalculator(0, clock.now), bucket.TokenBucket(1, clock)
    on = False
    for _ in range(answers):
        clock.now = round(clock.now + rng.choice([0.01, 0.05, 0.2, 0.7, 3]), 3)
        throttled = rng.random() < 0.15
        history.append(f"{clock.now:.3f} {int(throttled)}\n")
        measured = clocker.record()
        if throttled:
            new = cubic.error_received(min(measured, tokens.max_rate) if on else measured, clock.now)
            on = True
        else:
            new = cubic.success_received(clock.now)
        tokens.max_rate = min(new, 2 * measured)
        theirs.append(tokens.max_rate if on else -1)
    run = subprocess.run([TOOL, "rate"], input="1000.000 0\n" + "".join(history), check=True, stdout=subprocess.PIPE, text=True)
    # theirs begins to count when it is made, ours with the first answer
    return [float(x) for x in run.stdout.split()][1:], theirs


def adaptive_rates():
    rng, asked = random.Random(6), 0
    for _ in range(20):
        mine, theirs = rates(rng, 200)
        # the answer that began our count is one more in the first half second; its weight is a fifth of a fifth ... after that
        for i, (a, b) in enumerate(zip(mine, theirs)):
            if i >= 60 and abs(a - b) > 1e-3 * max(1, abs(b)):
                failed.append("rate")
                print(f"rate after answer {i}: ours {a}, theirs {b}")
                break
            asked += 1
    print(f"{asked} rates compared")


endpoints()
overrides()
proxies()
adaptive_rates()
print(f"{len(failed)} differ (botocore {botocore.__version__})")
sys.exit(1 if failed else 0)
