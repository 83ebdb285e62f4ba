"""Starts the simulated endpoint for a test and talks to it: AWS CLI, raw signed requests, administration."""
import datetime
import http.client
import json
import os
import subprocess
import urllib.parse

import botocore.auth
import botocore.awsrequest
import botocore.credentials

AWS = "/usr/bin/aws"


class Answer:
    def __init__(self, status, headers, body):
        self.status, self.headers, self.body = status, headers, body


class Sim:
    """with Sim("--clusters", "3") as sim: ..."""

    def __init__(self, *options):
        self.options = options

    def __enter__(self):
        self.read_end, self.write_end = os.pipe()
        self.process = subprocess.Popen(
            [os.environ["AURORATOP_SIM"], "--supervised", str(self.read_end), *self.options],
            stdout=subprocess.PIPE, pass_fds=[self.read_end], text=True)
        os.close(self.read_end)
        self.env = {}
        for line in self.process.stdout:
            if line.strip() == "ready":
                break
            name, value = line.removeprefix("export ").strip().split("=", 1)
            self.env[name] = value
        self.url = self.env["AWS_ENDPOINT_URL"]
        self.netloc = self.url.split("//")[1]
        return self

    def __exit__(self, *exc):
        os.close(self.write_end)
        self.status = self.process.wait(20)
        self.process.stdout.close()

    def cli(self, *args, env=None, output="json", check=True):
        """The AWS CLI's answer as object, None when there is none; with check=False the finished process."""
        full = {"PATH": "/usr/bin:/bin", "HOME": "/nonexistent", "LC_ALL": "C.UTF-8", "AWS_EC2_METADATA_DISABLED": "true",
                "AWS_PAGER": "", "AWS_MAX_ATTEMPTS": "1", "NO_PROXY": "127.0.0.1", **self.env, **(env or {})}
        p = subprocess.run([AWS, "--endpoint-url", self.url, "--output", output, *args], env=full, text=True,
                           capture_output=True, timeout=60, check=False)
        if not check:
            return p
        if p.returncode != 0:
            raise AssertionError(f"aws {' '.join(args)}: {p.stderr}")
        return json.loads(p.stdout or "null") if output == "json" else p.stdout

    def connection(self):
        return http.client.HTTPConnection(self.netloc, timeout=30)

    def admin(self, call, **form):
        c = self.connection()
        c.request("POST", "/_sim/" + call, urllib.parse.urlencode(form))
        r = c.getresponse()
        body = r.read().decode()
        c.close()
        if r.status != 200:
            raise AssertionError(f"{call}: {r.status} {body}")

    def requests(self):
        c = self.connection()
        c.request("GET", "/_sim/requests")
        body = c.getresponse().read()
        c.close()
        return json.loads(body)

    def signed(self, service, body, headers=None, secret=None, token=None, region=None, at=None):
        """Headers of a request signed by botocore."""
        headers = {"Content-Type": "application/x-www-form-urlencoded; charset=utf-8", **(headers or {})}
        request = botocore.awsrequest.AWSRequest("POST", self.url + "/", headers, body)
        credentials = botocore.credentials.Credentials(
            self.env["AWS_ACCESS_KEY_ID"], secret or self.env["AWS_SECRET_ACCESS_KEY"], token)
        auth = botocore.auth.SigV4Auth(credentials, service, region or self.env["AWS_REGION"])
        if at is None:
            auth.add_auth(request)
        else:
            real = botocore.auth.datetime.datetime

            class Frozen(real):
                @classmethod
                def utcnow(cls):
                    return at

            botocore.auth.datetime.datetime = Frozen
            try:
                auth.add_auth(request)
            finally:
                botocore.auth.datetime.datetime = real
        return dict(request.headers.items())

    def raw(self, service, params, headers=None, **how):
        """A signed request, parameters as given."""
        body = params if isinstance(params, str) else urllib.parse.urlencode(params)
        return self.post(body, self.signed(service, body, headers, **how))

    def post(self, body, headers):
        c = self.connection()
        try:
            c.request("POST", "/", body, headers)
            r = c.getresponse()
            return Answer(r.status, r.headers, r.read().decode())
        finally:
            c.close()


RDS = {"Version": "2014-10-31"}
EC2 = {"Version": "2016-11-15"}
CW = {"Version": "2010-08-01"}


def ago(**kw):
    return (datetime.datetime.utcnow() - datetime.timedelta(**kw)).strftime("%Y-%m-%dT%H:%M:%SZ")
