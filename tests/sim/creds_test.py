"""Every provider of credentials over real HTTP and real files: `auroratop whoami` against the simulator, and the AWS CLI with the
same files and variables beside it.

The CLI of Debian 12 knows no endpoint variables for STS and single sign-on; it is pointed here by an endpoint rule set of
its own (AWS_DATA_PATH).
"""
import datetime
import hashlib
import json
import os
import pty
import re
import shutil
import socket
import stat
import subprocess
import tempfile
import threading
import time
import unittest

import simlib

BINARY = os.environ["AURORATOP"]
ACCOUNT = "111122223333"
ROLE = f"arn:aws:iam::{ACCOUNT}:role/"
KEY, SECRET = "AKIASIMULATED0000001", "simulated/secret+key/of/no/account/0001"
BASE = f"[base]\naws_access_key_id = {KEY}\naws_secret_access_key = {SECRET}\n"
PLANTED = [SECRET, "web-identity-token-of-the-simulator", "container-token-of-the-simulator", "sso-token-of-the-simulator",
           "sso-refresh-token-of-the-simulator", "simulated-client-secret", "issued/secret+", "issuedSessionToken", "issuedSsoToken",
           "issuedRefreshToken", "imds-token-of-the-simulator", "device-code-of-the-simulator", "hushhush"]
RULES = {
    "version": "1.0",
    "parameters": {
        "Region": {"builtIn": "AWS::Region", "required": False, "type": "String", "documentation": ""},
        "Endpoint": {"builtIn": "SDK::Endpoint", "required": False, "type": "String", "documentation": ""},
        "UseDualStack": {"builtIn": "AWS::UseDualStack", "required": True, "default": False, "type": "Boolean", "documentation": ""},
        "UseFIPS": {"builtIn": "AWS::UseFIPS", "required": True, "default": False, "type": "Boolean", "documentation": ""}}}


def iso(**ahead):
    return (datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(**ahead)).strftime("%Y-%m-%dT%H:%M:%SZ")


def sha1(text):
    return hashlib.sha1(text.encode()).hexdigest()


class Providers(unittest.TestCase):
    printed = []  # everything our program has said in any test

    @classmethod
    def setUpClass(cls):
        cls.sim = simlib.Sim("--db-host", "127.0.0.1", "--db-port", "1").__enter__()  # nobody listens there

    @classmethod
    def tearDownClass(cls):
        cls.sim.__exit__()

    def setUp(self):
        self.home = tempfile.mkdtemp(prefix="creds-")
        self.addCleanup(shutil.rmtree, self.home, True)
        self.sim.admin("clear")
        self.sim.admin("forget")
        self.sim.admin("keys", life="3600", v1="0", role="some")
        for service, version in (("sts", "2011-06-15"), ("sso", "2019-06-10"), ("sso-oidc", "2019-06-10")):
            rules = {**RULES, "rules": [{"documentation": "", "conditions": [], "type": "endpoint",
                                         "endpoint": {"url": self.sim.url, "properties": {}, "headers": {}}}]}
            self.write(f"data/{service}/{version}/endpoint-rule-set-1.json", json.dumps(rules))

    def write(self, path, text):
        full = os.path.join(self.home, path)
        os.makedirs(os.path.dirname(full), exist_ok=True)
        with open(full, "w", encoding="utf-8") as f:
            f.write(text)
        return full

    def config(self, text, credentials=BASE):
        self.write(".aws/config", text)
        self.write(".aws/credentials", credentials)

    def env(self, **more):
        """None takes a variable away."""
        full = {"PATH": "/usr/bin:/bin", "HOME": self.home, "LC_ALL": "C.UTF-8", "AWS_REGION": "eu-west-1",
                "AWS_EC2_METADATA_DISABLED": "true", "NO_PROXY": "127.0.0.1", **more}
        return {k: v for k, v in full.items() if v is not None}

    def run_ours(self, *args, **env):
        full = self.env(AWS_ENDPOINT_URL=self.sim.url, **env)
        p = subprocess.run([BINARY, *args], env=full, text=True, capture_output=True, timeout=120, check=False)
        self.printed.append(p.stdout + p.stderr)
        return p

    def who(self, profile=None, **env):
        """The identity as our program has it."""
        p = self.run_ours("whoami", "--format", "json", *(["--profile", profile] if profile else []), **env)
        self.assertEqual(p.returncode, 0, p.stderr)
        return json.loads(p.stdout)

    def fails(self, *words, profile=None, status=3, **env):
        p = self.run_ours("whoami", *(["--profile", profile] if profile else []), **env)
        self.assertEqual((p.returncode, p.stdout), (status, ""), p.stdout + p.stderr)
        for word in words:
            self.assertIn(word, p.stderr)
        self.assertIn("\n  next: ", p.stderr)

    def cli(self, *args, profile=None, **env):
        full = self.env(AWS_DATA_PATH=os.path.join(self.home, "data"), AWS_MAX_ATTEMPTS="1", AWS_PAGER="", **env)
        p = subprocess.run([simlib.AWS, *args, *(["--profile", profile] if profile else [])], env=full, text=True,
                           capture_output=True, timeout=60, check=False)
        self.assertEqual(p.returncode, 0, p.stderr)
        return json.loads(p.stdout)

    def same_as_cli(self, profile=None, **env):
        """Both are taken for the same; sessions that each names itself may differ."""
        ours, theirs = self.who(profile, **env), self.cli("sts", "get-caller-identity", profile=profile, **env)
        named = [re.sub(r"(botocore|auroratop)-session-\d+", "SESSION", arn) for arn in (ours["arn"], theirs["Arn"])]
        self.assertEqual(*named)
        self.assertEqual(ours["account"], theirs["Account"])
        return ours

    def asked(self, service, operation=None):
        return [r for r in self.sim.requests() if r["service"] == service and operation in (None, r["operation"])]

    # ---- memory and files

    def test_environment(self):
        self.config("")
        env = {"AWS_ACCESS_KEY_ID": KEY, "AWS_SECRET_ACCESS_KEY": SECRET}
        ours = self.same_as_cli(**env)
        self.assertEqual((ours["origin"], ours["expires_at"]), ("the environment", None))
        self.assertEqual(self.cli("configure", "export-credentials", **env)["AccessKeyId"], KEY)

    def test_files(self):
        self.config("[profile other]\nregion = eu-west-1\n[profile inline]\n" + BASE.split("\n", 1)[1])
        self.assertEqual(self.same_as_cli("base")["origin"], "profile base")
        self.assertEqual(self.same_as_cli("inline")["origin"], "profile inline")
        self.assertEqual(self.same_as_cli(AWS_PROFILE="base")["profile"], "base")
        self.fails("No AWS credentials were found", profile="other")

    def test_malformed_files(self):
        self.config("[profile x\nregion = eu-west-1\n")
        self.fails(".aws/config:1:", "closing", profile="base", status=2)
        self.config("[default]\nregion\n")
        self.fails(".aws/config:2:", profile="base", status=2)
        self.config("", BASE + "hushhush\n")
        self.fails(".aws/credentials:4:", profile="base", status=2)
        self.config("")
        self.fails("nobody", ".aws/config", profile="nobody", status=2)

    # ---- roles

    def test_role(self):
        self.config(f"[profile prod]\nrole_arn = {ROLE}ops\nsource_profile = base\n")
        ours = self.same_as_cli("prod")
        self.assertEqual(ours["origin"], "profile prod, role ops through source_profile base")
        self.assertTrue(ours["arn"].startswith(f"arn:aws:sts::{ACCOUNT}:assumed-role/ops/auroratop-session-"))
        self.assertGreater(ours["expires_in_us"], 3500e6)

    def test_role_settings(self):
        self.config(f"[profile prod]\nrole_arn = {ROLE}external-ops\nsource_profile = base\nexternal_id = seven\n"
                    "role_session_name = me@example.com\nduration_seconds = 1800\n"
                    f"[profile wrong]\nrole_arn = {ROLE}external-ops\nsource_profile = base\n")
        ours = self.same_as_cli("prod")
        self.assertTrue(ours["arn"].endswith("assumed-role/external-ops/me@example.com"))
        params = self.asked("sts", "AssumeRole")[0]["params"]
        self.assertEqual((params["DurationSeconds"], params["ExternalId"]), ("1800", "seven"))
        self.fails("sts:AssumeRole", "external-ops", profile="wrong")

    def test_authorities(self):
        """STS is asked with the same file of authorities as everybody else."""
        self.config(f"[profile prod]\nrole_arn = {ROLE}ops\nsource_profile = base\n")
        with socket.create_server(("127.0.0.1", 0)) as silent:
            sts = f"https://127.0.0.1:{silent.getsockname()[1]}"
            for variable in ("AWS_CA_BUNDLE", "REQUESTS_CA_BUNDLE"):
                self.fails("profile \"prod\", role ops: /nonexistent/ca.pem cannot be read as a file of certificates", profile="prod",
                           AWS_ENDPOINT_URL_STS=sts, **{variable: "/nonexistent/ca.pem"})

    def test_role_chain(self):
        self.config(f"[profile a]\nrole_arn = {ROLE}first\nsource_profile = b\n"
                    f"[profile b]\nrole_arn = {ROLE}second\nsource_profile = base\n")
        ours = self.same_as_cli("a")
        self.assertEqual(ours["origin"],
                         "profile a, role first through source_profile b, role second through source_profile base")

    def test_role_by_environment_and_by_this_host(self):
        self.config(f"[profile env]\nrole_arn = {ROLE}ops\ncredential_source = Environment\n"
                    f"[profile host]\nrole_arn = {ROLE}ops\ncredential_source = Ec2InstanceMetadata\n"
                    f"[profile task]\nrole_arn = {ROLE}ops\ncredential_source = EcsContainer\n", "")
        keys = {"AWS_ACCESS_KEY_ID": KEY, "AWS_SECRET_ACCESS_KEY": SECRET}
        self.assertIn("through credential_source Environment", self.same_as_cli("env", **keys)["origin"])
        self.fails("AWS_ACCESS_KEY_ID is not set", profile="env")
        host = {"AWS_EC2_METADATA_DISABLED": "false", "AWS_EC2_METADATA_SERVICE_ENDPOINT": self.sim.url + "/"}
        self.assertIn("Ec2InstanceMetadata", self.same_as_cli("host", **host)["origin"])
        task = {"AWS_CONTAINER_CREDENTIALS_FULL_URI": self.sim.url + "/container/credentials",
                "AWS_CONTAINER_AUTHORIZATION_TOKEN": "container-token-of-the-simulator"}
        self.assertIn("EcsContainer", self.same_as_cli("task", **task)["origin"])

    def test_role_of_a_process(self):
        self.config(f"[profile prod]\nrole_arn = {ROLE}ops\nsource_profile = tool\n"
                    f"[profile tool]\ncredential_process = cat {self.home}/keys.json\n", "")
        self.write("keys.json", json.dumps({"Version": 1, "AccessKeyId": KEY, "SecretAccessKey": SECRET}))
        self.assertEqual(self.same_as_cli("prod")["origin"], "profile prod, role ops through source_profile tool, credential_process cat")

    def test_role_refused(self):
        self.config(f"[profile no]\nrole_arn = {ROLE}denied-ops\nsource_profile = base\n"
                    f"[profile round]\nrole_arn = {ROLE}ops\nsource_profile = about\n"
                    f"[profile about]\nrole_arn = {ROLE}ops\nsource_profile = round\n")
        self.fails("n/a: needs sts:AssumeRole", profile="no")
        self.fails("round -> about -> round", profile="round")

    def test_role_with_a_wrong_clock(self):
        """Half an hour off, either way: one refusal, then STS's own clock counts."""
        self.config(f"[profile prod]\nrole_arn = {ROLE}ops\nsource_profile = base\n")
        for ms in (1800000, -1800000):
            self.sim.admin("forget")
            self.sim.admin("fault", kind="skew", ms=str(ms))
            self.assertIn("assumed-role/ops", self.who("prod")["arn"])
            self.assertEqual([bool(r["error"]) for r in self.asked("sts", "AssumeRole")], [True, False])
            self.sim.admin("clear")

    def test_mfa(self):
        serial = f"arn:aws:iam::{ACCOUNT}:mfa/me"
        self.config(f"[profile admin]\nrole_arn = {ROLE}mfa-admin\nsource_profile = base\nmfa_serial = {serial}\n")
        self.fails("needs an MFA code for device " + serial, "aws sts get-caller-identity --profile admin", profile="admin")
        p = self.run_ours("check", "--profile", "admin", "prod-orders")
        self.assertIn("MFA code", p.stdout + p.stderr)
        p = self.run_ours("--once", "--pane", "clusters", "--profile", "admin")
        self.assertIn("MFA code", p.stdout + p.stderr)
        # the CLI asks on its terminal; what it keeps is used here, too
        pid, fd = pty.fork()
        if pid == 0:
            os.execve(simlib.AWS, [simlib.AWS, "sts", "get-caller-identity", "--profile", "admin"],
                      self.env(AWS_DATA_PATH=os.path.join(self.home, "data"), AWS_PAGER=""))
        seen = b""
        while b"MFA code" not in seen:
            seen += os.read(fd, 4096)
        os.write(fd, b"123456\n")
        while True:
            try:
                if not os.read(fd, 4096):
                    break
            except OSError:
                break
        os.waitpid(pid, 0)
        os.close(fd)
        self.assertIn("assumed-role/mfa-admin/", self.who("admin")["arn"])
        self.assertEqual(len(self.asked("sts", "AssumeRole")), 1)

    # ---- web identity

    def test_web_identity(self):
        token = self.write("token", "web-identity-token-of-the-simulator")
        env = {"AWS_WEB_IDENTITY_TOKEN_FILE": token, "AWS_ROLE_ARN": ROLE + "pod", "AWS_ROLE_SESSION_NAME": "pod-1"}
        self.config("")
        ours = self.same_as_cli(**env)
        self.assertTrue(ours["arn"].endswith("assumed-role/pod/pod-1"))
        self.assertIn("web identity, role pod", ours["origin"])
        self.config(f"[profile web]\nrole_arn = {ROLE}pod\nweb_identity_token_file = {token}\nrole_session_name = pod-2\n")
        self.assertTrue(self.same_as_cli("web")["arn"].endswith("pod/pod-2"))
        # a profile named by option has no variables, one named by AWS_PROFILE has them
        self.assertTrue(self.same_as_cli("web", **env)["arn"].endswith("pod/pod-2"))
        self.assertTrue(self.same_as_cli(AWS_PROFILE="web", **env)["arn"].endswith("pod/pod-1"))
        self.assertEqual(self.same_as_cli("base", **env)["origin"], "profile base")
        self.write("token", "expired")
        self.fails("have expired", **env)
        self.write("token", "hushhush")
        self.fails("InvalidIdentityToken", **env)
        os.remove(token)
        self.fails("does not exist", **env)
        self.fails("no role to assume", AWS_WEB_IDENTITY_TOKEN_FILE=token)

    # ---- single sign-on

    SESSION = ("[sso-session corp]\nsso_start_url = https://x.awsapps.com/start\nsso_region = eu-west-1\n"
               f"[profile dev]\nsso_session = corp\nsso_account_id = {ACCOUNT}\nsso_role_name = Admin\n")
    OLD = ("[profile dev]\nsso_start_url = https://x.awsapps.com/start\nsso_region = eu-west-1\n"
           f"sso_account_id = {ACCOUNT}\nsso_role_name = Admin\n")

    def token(self, name, **members):
        text = {"startUrl": "https://x.awsapps.com/start", "region": "eu-west-1", "accessToken": "sso-token-of-the-simulator",
                "expiresAt": iso(hours=1), **members}
        return self.write(f".aws/sso/cache/{sha1(name)}.json", json.dumps(text))

    def fresh_token(self):
        """The simulator's present token and refresh token, by a device login that is allowed at once."""
        c = self.sim.connection()

        def post(path, **body):
            c.request("POST", path, json.dumps(body), {"Content-Type": "application/json"})
            return json.loads(c.getresponse().read())

        client = post("/client/register", clientName="test", clientType="public")
        who = {"clientId": client["clientId"], "clientSecret": client["clientSecret"]}
        device = post("/device_authorization", startUrl="https://x.awsapps.com/start", **who)
        self.sim.admin("signon", answer="allow")
        token = post("/token", grantType="urn:ietf:params:oauth:grant-type:device_code", deviceCode=device["deviceCode"], **who)
        c.close()
        return {"accessToken": token["accessToken"], "refreshToken": token["refreshToken"], **who,
                "registrationExpiresAt": iso(days=80)}

    def test_sso_session(self):
        self.config(self.SESSION)
        self.token("corp", **self.fresh_token())
        ours = self.same_as_cli("dev")
        self.assertEqual(ours["origin"], f"profile dev, single sign-on session corp, role Admin in account {ACCOUNT}")
        self.config(self.SESSION + f"[profile prod]\nrole_arn = {ROLE}ops\nsource_profile = dev\n")
        # the CLI of Debian 12 fails at this one
        self.assertIn("role ops through source_profile dev", self.who("prod")["origin"])

    def test_sso_old_form(self):
        self.config(self.OLD)
        fresh = self.fresh_token()
        self.token("https://x.awsapps.com/start", accessToken=fresh["accessToken"])
        self.assertIn("single sign-on, role Admin", self.same_as_cli("dev")["origin"])
        self.token("https://x.awsapps.com/start", accessToken=fresh["accessToken"],
                   expiresAt=iso(hours=1).replace("Z", "UTC"))
        self.who("dev")
        self.token("https://x.awsapps.com/start", **{**fresh, "expiresAt": iso(hours=-1)})
        self.fails("has expired", "aws sso login --profile dev", profile="dev")

    def test_sso_refresh(self):
        self.config(self.SESSION)
        fresh = self.fresh_token()
        path = self.token("corp", **fresh, expiresAt=iso(minutes=5), keptByOthers="yes")
        self.who("dev")
        with open(path, encoding="utf-8") as f:
            now = json.load(f)
        self.assertNotEqual(now["accessToken"], fresh["accessToken"])
        self.assertNotEqual(now["refreshToken"], fresh["refreshToken"])
        self.assertEqual(now["keptByOthers"], "yes")
        self.assertGreater(now["expiresAt"], iso(minutes=50))
        self.assertEqual(stat.S_IMODE(os.stat(path).st_mode), 0o600)
        self.assertEqual(os.listdir(os.path.dirname(path)), [os.path.basename(path)])
        self.same_as_cli("dev")  # the CLI can go on with it
        # the old one is used while it is good, when there is no new one
        self.token("corp", accessToken=now["accessToken"], clientId="gone", clientSecret="hushhush", refreshToken="hushhush",
                   registrationExpiresAt=iso(days=1), expiresAt=iso(minutes=5))
        self.who("dev")

    def test_sso_troubles(self):
        self.config(self.SESSION)
        self.fails("is not signed on", ":login", profile="dev")
        path = self.token("corp", expiresAt=iso(hours=-1))
        self.fails("session corp of AWS profile \"dev\" has expired", profile="dev")
        self.write(f".aws/sso/cache/{sha1('corp')}.json", "hushhush {")
        self.fails("gave no valid JSON", path, profile="dev")
        self.write(f".aws/sso/cache/{sha1('corp')}.json", "{}")
        self.fails("holds no accessToken", profile="dev")
        os.remove(path)
        os.mkdir(path)
        self.fails("cannot be read: not a file", profile="dev")
        os.rmdir(path)
        self.token("corp", accessToken="hushhush")
        self.fails("is not accepted any more", profile="dev")
        self.config(self.SESSION.replace("sso_session = corp", "sso_session = corp\nsso_region = us-east-1"))
        self.fails(":6: sso_region", "[sso-session corp]", profile="dev")
        self.config("[profile dev]\nsso_session = gone\nsso_account_id = 1\nsso_role_name = x\n")
        self.fails("there is no [sso-session gone]", profile="dev")
        self.config("[profile dev]\nsso_account_id = 1\n")
        self.fails("sso_role_name is not set", profile="dev")
        self.config(self.SESSION.replace("= Admin", "= denied-x"))
        self.token("corp", **self.fresh_token())
        self.fails("gives no keys for the role denied-x", profile="dev")

    def test_sso_service_in_trouble(self):
        self.config(self.SESSION)
        self.token("corp", **self.fresh_token())
        self.sim.admin("fault", service="sso", operation="GetRoleCredentials", kind="error500", count="2")
        self.who("dev")
        self.assertEqual(len(self.asked("sso")), 3)
        self.sim.admin("fault", service="sso", operation="GetRoleCredentials", kind="error500")
        self.fails("did not answer for the role Admin", "(HTTP 500)", profile="dev")
        self.assertEqual(len(self.asked("sso")), 6)
        # a refusal is not asked about again
        self.sim.admin("clear")
        self.token("corp", accessToken="hushhush")
        self.fails("is not accepted any more", profile="dev")
        self.assertEqual(len(self.asked("sso")), 7)
        # over, and nobody there to renew it: that is not a matter of signing on
        self.token("corp", **self.fresh_token(), expiresAt=iso(hours=-1))
        self.sim.admin("fault", service="sso-oidc", operation="CreateToken", kind="error500")
        self.fails("the single sign-on session corp has to be renewed", "(HTTP 500)", "tried again by itself", profile="dev")
        self.assertNotIn("has expired", self.printed[-1])
        self.sim.admin("clear")
        self.who("dev")

    # ---- login

    def test_login(self):
        name = hashlib.sha256(b"arn:aws:iam::1:user/me").hexdigest()
        self.config("[profile me]\nlogin_session = arn:aws:iam::1:user/me\n")
        keys = {"accessKeyId": KEY, "secretAccessKey": SECRET, "sessionToken": "", "accountId": ACCOUNT}
        self.fails("has not been made on this host", "aws login --profile me", profile="me")
        path = self.write(f".aws/login/cache/{name}.json", json.dumps({"accessToken": {**keys, "expiresAt": iso(minutes=20)}}))
        ours = self.who("me")
        self.assertEqual(ours["origin"], "profile me, aws login")
        self.assertLess(ours["expires_in_us"], 1200e6)
        os.makedirs(os.path.join(self.home, "elsewhere"))
        shutil.move(path, os.path.join(self.home, "elsewhere"))
        self.who("me", AWS_LOGIN_CACHE_DIRECTORY=os.path.join(self.home, "elsewhere"))
        self.write(f".aws/login/cache/{name}.json", json.dumps({"accessToken": {**keys, "expiresAt": iso(minutes=-1)}}))
        self.fails("has expired", profile="me")
        self.write(f".aws/login/cache/{name}.json", "hushhush")
        self.fails("no valid JSON", path, profile="me")

    # ---- process

    def test_process(self):
        keys = {"Version": 1, "AccessKeyId": KEY, "SecretAccessKey": SECRET}
        path = self.write("a folder/keys.json", json.dumps({**keys, "Expiration": iso(hours=1)}))
        self.config(f"[profile tool]\ncredential_process = /bin/cat \"{path}\"\n", "")
        ours = self.same_as_cli("tool")
        self.assertEqual(ours["origin"], "profile tool, credential_process /bin/cat")
        self.assertIsNotNone(ours["expires_at"])
        self.write("a folder/keys.json", json.dumps({**keys, "Expiration": iso(hours=-1)}))
        self.fails("expired at", profile="tool")
        self.write("a folder/keys.json", json.dumps({**keys, "Version": 2}))
        self.fails("\"Version\": 1", profile="tool")
        self.config("[profile tool]\ncredential_process = sh -c 'echo hushhush; echo log in first >&2; exit 5'\n", "")
        self.fails("failed with status 5: log in first", profile="tool")

    # ---- container and instance

    def test_container(self):
        self.config("")
        env = {"AWS_CONTAINER_CREDENTIALS_FULL_URI": self.sim.url + "/container/credentials",
               "AWS_CONTAINER_AUTHORIZATION_TOKEN": "container-token-of-the-simulator"}
        ours = self.same_as_cli(**env)
        self.assertTrue(ours["arn"].endswith("assumed-role/task-role/task-1"))
        self.assertEqual(ours["origin"], "the container endpoint 127.0.0.1")
        # the file is read each time and comes before the variable (EKS Pod Identity)
        file = self.write("token", "container-token-of-the-simulator")
        self.who(**{**env, "AWS_CONTAINER_AUTHORIZATION_TOKEN": "hushhush", "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE": file})
        self.write("token", "container-token\r\nX-More: hushhush")
        self.fails("line break", **{**env, "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE": file})

    def test_container_failure_is_final(self):
        self.config("")
        host = {"AWS_EC2_METADATA_DISABLED": "false", "AWS_EC2_METADATA_SERVICE_ENDPOINT": self.sim.url + "/"}
        self.fails("HTTP 401", AWS_CONTAINER_CREDENTIALS_FULL_URI=self.sim.url + "/container/credentials",
                   AWS_CONTAINER_AUTHORIZATION_TOKEN="hushhush", **host)
        self.fails("names a host that keys are not taken from",
                   AWS_CONTAINER_CREDENTIALS_FULL_URI="http://keys.example.com/x", **host)
        self.assertEqual(self.asked("imds"), [])
        self.assertEqual(len(self.asked("container")), 3)

    def test_instance(self):
        self.config("")
        env = {"AWS_EC2_METADATA_DISABLED": "false", "AWS_EC2_METADATA_SERVICE_ENDPOINT": self.sim.url + "/"}
        ours = self.same_as_cli(**env)
        self.assertEqual(ours["origin"], "instance metadata, role web-server")
        self.assertTrue(ours["arn"].endswith("assumed-role/web-server/i-0123456789abcdef0"))
        self.sim.admin("forget")
        self.who(**env)
        self.assertEqual([r["operation"] for r in self.asked("imds")], ["Token", "Roles", "Credentials"])
        # not through a proxy
        self.who(**env, http_proxy="http://127.0.0.1:1", NO_PROXY="localhost",
                 AWS_ENDPOINT_URL_STS=self.sim.url.replace("127.0.0.1", "localhost"))

    def test_instance_region(self):
        """Where nothing else says a region the instance does, to the CLI and to us."""
        self.config("[profile here]\nregion = eu-west-1\n")
        env = {"AWS_EC2_METADATA_DISABLED": "false", "AWS_EC2_METADATA_SERVICE_ENDPOINT": self.sim.url + "/", "AWS_REGION": None}
        region = self.sim_region(env)
        self.assertEqual([r["operation"] for r in self.asked("imds")][:2], ["Token", "Region"])
        p = subprocess.run([simlib.AWS, "configure", "list"], env=self.env(**env), text=True, capture_output=True, timeout=60,
                           check=True)
        self.assertRegex(p.stdout, rf"(?m)^ *region +{region} +imds")
        # an old service, or another's, knows the zone only
        self.sim.admin("fault", service="imds", operation="Region", kind="error500")
        self.assertEqual(self.sim_region(env), region)
        self.assertEqual(len(self.asked("imds", "Zone")), 2)  # the CLI's and ours
        self.sim.admin("clear")
        # whatever else says one comes first
        for more in ({"AWS_REGION": "eu-west-2"}, {"AWS_DEFAULT_REGION": "eu-west-2"}, {"AWS_PROFILE": "here"}):
            self.sim.admin("forget")
            self.run_ours("--once", "--pane", "clusters", **{**env, "AWS_ACCESS_KEY_ID": KEY, "AWS_SECRET_ACCESS_KEY": SECRET, **more})
            self.assertEqual(self.asked("imds"), [])
        self.fails("No AWS region is set", status=2, **{**env, "AWS_EC2_METADATA_DISABLED": "true"})
        with socket.create_server(("127.0.0.1", 0)) as silent:
            self.fails("No AWS region is set", status=2, **{
                **env, "AWS_EC2_METADATA_SERVICE_ENDPOINT": f"http://127.0.0.1:{silent.getsockname()[1]}"})
        self.fails("is not the name of an AWS region", status=2, **{**env, "AWS_REGION": "nonsense/"})

    def sim_region(self, env):
        p = self.run_ours("whoami", "--format", "json", **env)
        self.assertEqual(p.returncode, 0, p.stderr)
        return json.loads(p.stdout)["region"]

    def test_instance_without_tokens(self):
        self.config("")
        env = {"AWS_EC2_METADATA_DISABLED": "false", "AWS_EC2_METADATA_SERVICE_ENDPOINT": self.sim.url + "/"}
        self.sim.admin("keys", v1="1")
        self.same_as_cli(**env)
        self.fails("to go without is forbidden", AWS_EC2_METADATA_V1_DISABLED="true", **env)
        self.sim.admin("keys", v1="0", role="none")
        self.fails("No AWS credentials were found", **env)

    def test_instance_that_never_answers(self):
        self.config("")
        with socket.create_server(("127.0.0.1", 0)) as silent:
            self.fails("No AWS credentials were found", AWS_EC2_METADATA_DISABLED="false",
                       AWS_EC2_METADATA_SERVICE_ENDPOINT=f"http://127.0.0.1:{silent.getsockname()[1]}")
        self.fails("No AWS credentials were found", AWS_EC2_METADATA_DISABLED="false",
                   AWS_EC2_METADATA_SERVICE_ENDPOINT="http://127.0.0.1:1")
        self.fails("is not a usable URL", AWS_EC2_METADATA_DISABLED="false", AWS_EC2_METADATA_SERVICE_ENDPOINT="nonsense")

    # ---- all of them

    def test_refused_keys(self):
        self.config("", BASE.replace("/0001", "/hushhush"))
        self.fails("STS refuses the AWS credentials", profile="base")

    def test_words_of_whoami(self):
        self.config(f"[profile prod]\nrole_arn = {ROLE}ops\nsource_profile = base\n")
        p = self.run_ours("whoami", "--profile", "prod")
        self.assertRegex(p.stdout, r"(?m)^identity +arn:aws:sts::111122223333:assumed-role/ops/")
        self.assertRegex(p.stdout, r"(?m)^credentials +profile prod, role ops through source_profile base$")
        self.assertRegex(p.stdout, r"(?m)^expires +20\S+Z \(in 59m\d+s\)$")
        self.assertEqual(self.run_ours("whoami", "--format", "csv").returncode, 2)
        self.assertEqual(self.run_ours("whoami", "prod").returncode, 2)

    def test_no_secret_in_sight(self):
        """What a role's keys and a token file hold is in no output, on no command line, in no recording of the console."""
        token = self.write("token", "web-identity-token-of-the-simulator")
        self.config("")
        env = {"AWS_WEB_IDENTITY_TOKEN_FILE": token, "AWS_ROLE_ARN": ROLE + "pod"}
        runs = [("--once", "--pane", "clusters", "--format", "json")]
        if os.environ.get("CREDS_PART") in (None, "files"):  # these wait for a database that is not there
            runs += [("check", "prod-orders"), ("report", "prod-orders")]
        for args in runs:
            self.run_ours(*args, **env)
        self.printed.append(self.record(env))
        self.assertGreater(len(self.printed), 3)
        for text in self.printed:
            for secret in PLANTED:
                self.assertNotIn(secret, text)

    def record(self, env):
        """What a console writes to its terminal in two seconds, and every command line meanwhile; it would leave no core."""
        pid, fd = pty.fork()
        if pid == 0:
            os.execve(BINARY, [BINARY, "prod-orders"], self.env(AWS_ENDPOINT_URL=self.sim.url, TERM="xterm-256color", **env))
        seen, lines = [], []

        def read():
            try:
                while data := os.read(fd, 65536):
                    seen.append(data)
            except OSError:
                pass

        reader = threading.Thread(target=read)
        reader.start()
        for keys in (b":diag\r", b"\x1b", b"q"):
            time.sleep(1)
            with open(f"/proc/{pid}/limits", encoding="utf-8") as f:
                self.assertRegex(f.read(), r"(?m)^Max core file size +0 +0 ")
            for process in os.listdir("/proc"):
                if process.isdigit() and process != str(os.getpid()):
                    try:
                        with open(f"/proc/{process}/cmdline", "rb") as f:
                            lines.append(f.read())
                    except OSError:
                        pass
            os.write(fd, keys)
        os.waitpid(pid, 0)
        reader.join()
        os.close(fd)
        text = b"".join(seen).decode("utf-8", "replace")
        self.assertIn("prod-orders", text)
        return text + b"\n".join(lines).decode("utf-8", "replace")


PARTS = {"host": r"instance|container|host", "signed_on": r"sso|login|mfa"}
LAST = "test_no_secret_in_sight"


def part_of(name):
    return next((part for part, words in PARTS.items() if re.search(words, name)), "files")


def load_tests(loader, tests, pattern):
    """Of all, or of the part that CREDS_PART names; the one that looks through everything printed comes last."""
    wanted = os.environ.get("CREDS_PART")
    names = [n for n in loader.getTestCaseNames(Providers) if n == LAST or wanted in (None, part_of(n))]
    return unittest.TestSuite(Providers(n) for n in sorted(names, key=lambda n: (n == LAST, n)))


if __name__ == "__main__":
    unittest.main()
