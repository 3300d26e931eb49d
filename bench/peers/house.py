"""nginx and nsd as targets, blackbox_exporter and Prometheus as peers: each on a free port, ended when the run is."""

from __future__ import annotations

import datetime
import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import trustme

PACKAGES = {
    "fping": "fping",
    "prometheus-blackbox-exporter": "prometheus-blackbox-exporter",
    "prometheus": "prometheus",
    "nginx": "nginx-light",
    "nsd": "nsd",
    "smokeping": "smokeping",
}
"""Program, and the package of Debian that brings it."""
PATH = f"{os.environ.get('PATH', '')}:/usr/sbin:/sbin"
HERTZ = os.sysconf("SC_CLK_TCK")
NGINX = """
daemon off; worker_processes 1; pid {folder}/nginx.pid; error_log {folder}/nginx.log;
events {{ worker_connections 8192; }}
http {{
 access_log off; keepalive_requests 1000000; root {folder}/www; ssl_session_cache off; log_format bare "$msec";
 client_body_temp_path {folder}/b; proxy_temp_path {folder}/p; fastcgi_temp_path {folder}/f;
 uwsgi_temp_path {folder}/u; scgi_temp_path {folder}/s;
 server {{ listen 0.0.0.0:{http} backlog=4096; }}
 server {{ listen 0.0.0.0:{ours} backlog=4096; access_log {folder}/ours.log bare; }}
 server {{ listen 0.0.0.0:{theirs} backlog=4096; access_log {folder}/theirs.log bare; }}
 server {{ listen 0.0.0.0:{https} ssl backlog=4096; ssl_protocols TLSv1.2 TLSv1.3;
   ssl_certificate {folder}/cert.pem; ssl_certificate_key {folder}/key.pem; }}
}}
"""
NSD = """
server:
  ip-address: 127.0.0.1@{dns}
  username: ""
  chroot: ""
  database: ""
  zonesdir: "{folder}"
  pidfile: "{folder}/nsd.pid"
  zonelistfile: "{folder}/nsd.zones"
  xfrdfile: "{folder}/nsd.xfrd"
  xfrdir: "{folder}"
  server-count: 1
  rrl-ratelimit: 0
  rrl-whitelist-ratelimit: 0
remote-control:
  control-enable: no
zone:
  name: bench.test
  zonefile: zone
"""
ZONE = """$TTL 60
@ IN SOA ns.bench.test. admin.bench.test. 1 3600 600 86400 60
@ IN NS ns.bench.test.
ns IN A 127.0.0.1
www IN A 192.0.2.10
"""
BLACKBOX = """
modules:
  http: {{prober: http, timeout: 10s, http: {{preferred_ip_protocol: ip4}}}}
  https: {{prober: http, timeout: 10s, http: {{preferred_ip_protocol: ip4, tls_config: {{ca_file: {folder}/ca.pem}}}}}}
  tcp: {{prober: tcp, timeout: 5s, tcp: {{preferred_ip_protocol: ip4}}}}
  dns: {{prober: dns, timeout: 5s, dns: {{query_name: www.bench.test, query_type: A, preferred_ip_protocol: ip4}}}}
"""
PROMETHEUS = """
global: {{scrape_interval: {interval}s, scrape_timeout: 10s}}
scrape_configs:
 - job_name: web
   metrics_path: /probe
   params: {{module: [http]}}
   static_configs: [{{targets: [{targets}]}}]
   relabel_configs:
    - {{source_labels: [__address__], target_label: __param_target}}
    - {{source_labels: [__param_target], target_label: instance}}
    - {{target_label: __address__, replacement: "127.0.0.1:{blackbox}"}}
"""
NAMES = ("http", "https", "ours", "theirs", "dns", "blackbox", "prometheus")


def install() -> list[str]:
    """Install what is missing from Debian, where we may; the names of those that are missing still."""
    wanted = [PACKAGES[name] for name in absent()]
    if wanted and os.geteuid() == 0 and shutil.which("apt-get"):
        quiet = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
        for words in (["update", "-qq"], ["install", "-y", "-qq", "--no-install-recommends", *wanted]):
            subprocess.run(["apt-get", *words], env=quiet, stdout=subprocess.DEVNULL, check=False)
    return absent()


def absent() -> list[str]:
    """Peers and targets that this machine does not have."""
    return [name for name in PACKAGES if program(name) is None]


def program(name: str) -> str | None:
    """Where it is; None where it is not."""
    return shutil.which(name, path=PATH)


@dataclass
class House:
    """Ports, files and running programs of one benchmark."""

    folder: Path
    ports: dict[str, int]
    running: dict[str, subprocess.Popen[bytes]] = field(default_factory=dict)

    def write(self, name: str, text: str, **words: Any) -> Path:
        """A configuration with its ports and folder filled in."""
        path = self.folder / name
        path.write_text(text.format(folder=self.folder, **self.ports, **words))
        return path

    def start(self, name: str, words: Sequence[str]) -> None:
        """Run it in the foreground of a group of its own, and wait until its port accepts."""
        with (self.folder / f"{name}.out").open("wb") as log:
            self.running[name] = subprocess.Popen(
                words, stdin=subprocess.DEVNULL, stdout=log, stderr=log, cwd=self.folder, start_new_session=True
            )

    def await_port(self, name: str, port: int) -> None:
        """Until it accepts. Raises RuntimeError with its log."""
        deadline = time.monotonic() + 20
        while not _accepts(port):
            if self.running[name].poll() is not None or time.monotonic() > deadline:
                raise RuntimeError(f"{name}: {(self.folder / f'{name}.out').read_text()[-1000:]}")
            time.sleep(0.05)

    def end(self, name: str) -> None:
        """End it and its children."""
        process = self.running.pop(name)
        for number in (signal.SIGTERM, signal.SIGKILL):
            with suppress(ProcessLookupError):
                os.killpg(process.pid, number)
            with suppress(subprocess.TimeoutExpired):
                process.wait(5)
                return

    def cpu_s(self, name: str) -> float:
        """CPU time so far, its own and the kernel's for it."""
        fields = Path(f"/proc/{self.running[name].pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / HERTZ

    def resident_mib(self, name: str) -> float:
        """Resident memory."""
        status = dict(
            line.split(":", 1) for line in Path(f"/proc/{self.running[name].pid}/status").read_text().splitlines()
        )
        return round(int(status["VmRSS"].split()[0]) / 1024, 1)


@contextmanager
def open_house() -> Iterator[House]:
    """Targets and peers that this machine has, up and answering; all are ended whatever happens."""
    with ExitStack() as stack:
        folder = Path(tempfile.mkdtemp(prefix="probe-bench-"))
        stack.callback(shutil.rmtree, folder, ignore_errors=True)
        folder.chmod(0o755)
        house = House(folder, dict(zip(NAMES, _free_ports(len(NAMES)), strict=True)))
        stack.callback(lambda: [house.end(name) for name in tuple(house.running)])
        _certify(folder)
        _start_targets(house)
        if program("prometheus-blackbox-exporter"):
            config, port = house.write("blackbox.yml", BLACKBOX), house.ports["blackbox"]
            words = ["prometheus-blackbox-exporter", f"--config.file={config}", "--log.level=error"]
            house.start("blackbox", [*words, f"--web.listen-address=127.0.0.1:{port}"])
            house.await_port("blackbox", port)
        yield house


def _start_targets(house: House) -> None:
    www = house.folder / "www"
    www.mkdir()
    (www / "index.html").write_bytes(b"x" * 1024)
    if nginx := program("nginx"):
        house.start("nginx", [nginx, "-c", str(house.write("nginx.conf", NGINX)), "-p", str(house.folder)])
        house.await_port("nginx", house.ports["http"])
    if nsd := program("nsd"):
        house.write("zone", ZONE)
        house.start("nsd", [nsd, "-d", "-c", str(house.write("nsd.conf", NSD))])
        house.await_port("nsd", house.ports["dns"])


def start_prometheus(house: House, targets: Sequence[str], interval_s: int) -> None:
    """Prometheus, asking blackbox_exporter for these pages."""
    words = ", ".join(f'"{target}"' for target in targets)
    config = house.write("prometheus.yml", PROMETHEUS, interval=interval_s, targets=words)
    port = house.ports["prometheus"]
    options = (f"--config.file={config}", f"--storage.tsdb.path={house.folder}/tsdb", "--log.level=error")
    house.start("prometheus", ["prometheus", *options, f"--web.listen-address=127.0.0.1:{port}"])
    house.await_port("prometheus", port)


def _certify(folder: Path) -> None:
    authority = trustme.CA()
    authority.cert_pem.write_to_path(folder / "ca.pem")
    later = datetime.datetime.now(datetime.UTC) + datetime.timedelta(days=30)
    leaf = authority.issue_cert(*(f"127.0.0.{number}" for number in range(1, 40)), not_after=later)
    leaf.private_key_pem.write_to_path(folder / "key.pem")
    (folder / "cert.pem").write_bytes(b"".join(blob.bytes() for blob in leaf.cert_chain_pems))


def _free_ports(count: int) -> list[int]:
    with ExitStack() as stack:
        peers = [stack.enter_context(socket.socket()) for _ in range(count)]
        for peer in peers:
            peer.bind(("127.0.0.1", 0))
        return [peer.getsockname()[1] for peer in peers]


def _accepts(port: int) -> bool:
    with socket.socket() as peer:
        peer.settimeout(0.5)
        return peer.connect_ex(("127.0.0.1", port)) == 0
