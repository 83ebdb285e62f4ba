"""The simulated AWS endpoint over TLS, trusted through a bundle: the system's authorities and one of our own."""
import json
import os
import ssl
import subprocess
import urllib.parse
import urllib.request

SYSTEM_BUNDLE = "/etc/ssl/certs/ca-certificates.crt"


def openssl(folder, *args):
    subprocess.run(["openssl", *args], cwd=folder, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def make_certificates(folder):
    key = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes")
    with open(folder + "/extension", "w") as f:
        f.write("subjectAltName=IP:127.0.0.1\n")
    openssl(folder, "req", "-x509", *key, "-keyout", "ca.key", "-out", "ca.crt", "-days", "2", "-subj", "/CN=bench authority")
    openssl(folder, "req", *key, "-keyout", "sim.key", "-out", "sim.csr", "-subj", "/CN=127.0.0.1")
    openssl(folder, "x509", "-req", "-in", "sim.csr", "-CA", "ca.crt", "-CAkey", "ca.key", "-CAcreateserial", "-days", "2",
            "-extfile", "extension", "-out", "sim.crt")
    with open(folder + "/bundle.pem", "wb") as out:
        for path in (SYSTEM_BUNDLE, folder + "/ca.crt"):
            with open(path, "rb") as f:
                out.write(f.read())


class Cloud:
    def __init__(self, binary, folder, db_host, db_port, scenario="healthy"):
        make_certificates(folder)
        read, self.write = os.pipe()
        self.process = subprocess.Popen(
            [binary, "--supervised", str(read), "--tls-cert", folder + "/sim.crt", "--tls-key", folder + "/sim.key",
             "--db-host", db_host, "--db-port", str(db_port), "--scenario", scenario], stdout=subprocess.PIPE, text=True, pass_fds=[read])
        os.close(read)
        self.env = {"AWS_CA_BUNDLE": folder + "/bundle.pem", "AWS_CONFIG_FILE": "/dev/null", "AWS_EC2_METADATA_DISABLED": "true",
                    "AWS_SHARED_CREDENTIALS_FILE": "/dev/null", "PGDATABASE": "postgres"}
        for line in self.process.stdout:
            if line == "ready\n":
                break
            name, value = line.removeprefix("export ").strip().split("=", 1)
            self.env[name] = value
        self.context = ssl.create_default_context(cafile=folder + "/bundle.pem")

    def call(self, path, **form):
        body = urllib.parse.urlencode(form).encode() if form or path != "requests" else None
        with urllib.request.urlopen(f"{self.env['AWS_ENDPOINT_URL']}/_sim/{path}", body, 30, context=self.context) as r:
            return r.read().decode()

    def services(self):
        """Services asked since forget()."""
        return {r["service"] for r in json.loads(self.call("requests")) if not r["error"]}

    def close(self):
        os.close(self.write)
        self.process.wait()
