"""How each of Debian's servers is started: its files, its command line, the ports at which it then answers."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final


@dataclass(frozen=True)
class Recipe:
    """One server. `prepare` writes its files into a folder; `words` is what runs it in the foreground."""

    name: str
    ports: tuple[int, ...]
    prepare: Callable[[Path], None]
    words: Callable[[Path], tuple[str, ...]]


def _file(name: str, text: str) -> Callable[[Path], None]:
    def prepare(folder: Path) -> None:
        (folder / name).write_text(text.replace("{folder}", str(folder)))

    return prepare


def _own(path: Path, user: str) -> None:
    path.mkdir(exist_ok=True, parents=True)
    shutil.chown(path, user)


def _key_for(folder: Path, user: str) -> None:
    """A copy of the key that a server which gave up root may read, and nobody else."""
    key = folder / f"{user}.key"
    shutil.copy(folder / "good.key", key)
    shutil.chown(key, user)
    key.chmod(0o600)


NGINX: Final = """
daemon off; pid {folder}/nginx.pid; error_log {folder}/nginx-errors.log; user www-data;
events { worker_connections 256; }
http {
    access_log off; default_type text/plain;
    client_body_temp_path {folder}/nb; proxy_temp_path {folder}/np; fastcgi_temp_path {folder}/nf;
    uwsgi_temp_path {folder}/nu; scgi_temp_path {folder}/ns;
    ssl_protocols TLSv1.2 TLSv1.3; gzip on; gzip_types text/plain; gzip_min_length 1;
    server {
        listen 127.0.0.1:80; listen 127.0.0.1:443 ssl http2;
        listen [::1]:80; listen [::1]:443 ssl http2;
        ssl_certificate {folder}/good.pem; ssl_certificate_key {folder}/good.key;
        location / { return 200 "all is well\\n"; }
        location = /json { return 200 '{"status": "ok", "nodes": [{"alive": true}]}'; }
        location = /hop { return 302 /landed; }
        location = /busy { return 503 "no\\n"; }
        location = /zeros { root {folder}/www; }
    }
    server {
        listen 127.0.0.1:8443 ssl; listen [::1]:8443 ssl;
        ssl_certificate {folder}/old.pem; ssl_certificate_key {folder}/old.key;
        location / { return 200 "too late\\n"; }
    }
}
"""


def _nginx(folder: Path) -> None:
    _file("nginx.conf", NGINX)(folder)
    (folder / "www").mkdir()
    (folder / "www" / "zeros").write_bytes(bytes(8 << 20))


APACHE: Final = """
ServerName localhost
ServerRoot {folder}
PidFile {folder}/apache.pid
ErrorLog {folder}/apache-errors.log
Listen 127.0.0.1:8080
Listen [::1]:8080
LoadModule mpm_event_module /usr/lib/apache2/modules/mod_mpm_event.so
LoadModule authz_core_module /usr/lib/apache2/modules/mod_authz_core.so
LoadModule authn_core_module /usr/lib/apache2/modules/mod_authn_core.so
LoadModule authn_file_module /usr/lib/apache2/modules/mod_authn_file.so
LoadModule authz_user_module /usr/lib/apache2/modules/mod_authz_user.so
LoadModule auth_basic_module /usr/lib/apache2/modules/mod_auth_basic.so
LoadModule dir_module /usr/lib/apache2/modules/mod_dir.so
User www-data
DocumentRoot {folder}/apache
<Directory {folder}/apache>
  Require all granted
</Directory>
<Location /private>
  AuthType Basic
  AuthName private
  AuthUserFile {folder}/users
  Require valid-user
</Location>
"""


def _apache(folder: Path) -> None:
    _file("apache.conf", APACHE)(folder)
    for place in ("apache", "apache/private"):
        (folder / place).mkdir()
        (folder / place / "index.html").write_text("<title>It works</title>")
    (folder / "users").write_text("ann:{SHA}qUqP5cyxm6YcTAhz05Hph5gvu9M=\n")  # SHA-1 of "test"


HAPROXY: Final = """
global
  maxconn 64
defaults
  mode http
  retries 0
  timeout connect 2s
  timeout client 5s
  timeout server 5s
frontend front
  bind 127.0.0.1:8081
  bind [::1]:8081
  default_backend back
backend back
  server one 127.0.0.1:80 check inter 200ms
frontend lonely
  bind 127.0.0.1:8082
  default_backend nobody
backend nobody
  server gone 127.0.0.1:9
"""
ZONE: Final = """$TTL 60
@ IN SOA ns1.shop.test. admin.shop.test. 2026112201 3600 600 86400 60
@ IN NS ns1.shop.test.
@ IN NS ns2.shop.test.
ns1 IN A 127.0.0.1
ns1 IN AAAA ::1
ns2 IN A 127.0.0.2
www IN A 192.0.2.10
"""
NAMED: Final = """
options { directory "{folder}"; listen-on { 127.0.0.1; }; listen-on-v6 { ::1; }; recursion no;
  listen-on port 853 tls local { 127.0.0.1; }; listen-on-v6 port 853 tls local { ::1; };
  pid-file "{folder}/named.pid"; session-keyfile "{folder}/session.key"; notify no; dnssec-validation no; };
tls local { key-file "{folder}/good.key"; cert-file "{folder}/good.pem"; };
controls { };
zone "shop.test" { type master; file "{folder}/shop.zone"; };
"""
NSD: Final = """
server:
  ip-address: 127.0.0.2@53
  username: ""
  database: ""
  zonesdir: "{folder}"
  pidfile: "{folder}/nsd.pid"
  xfrdfile: "{folder}/nsd.xfrd"
  xfrdir: "{folder}"
  zonelistfile: "{folder}/nsd.zones"
  logfile: "{folder}/nsd.out"
remote-control:
  control-enable: no
zone:
  name: shop.test
  zonefile: shop.zone
"""


def _zone_and(name: str, text: str) -> Callable[[Path], None]:
    def prepare(folder: Path) -> None:
        (folder / "shop.zone").write_text(ZONE)
        _file(name, text)(folder)

    return prepare


POSTFIX: Final = """
compatibility_level = 3.6
queue_directory = {folder}/postfix/spool
data_directory = {folder}/postfix/data
command_directory = /usr/sbin
daemon_directory = /usr/lib/postfix/sbin
mail_owner = postfix
inet_interfaces = 127.0.0.1, ::1
inet_protocols = all
myhostname = mail.shop.test
smtpd_tls_cert_file = {folder}/good.pem
smtpd_tls_key_file = {folder}/good.key
smtpd_tls_security_level = may
maillog_file = {folder}/postfix-log
maillog_file_prefixes = {folder}
"""
MASTER: Final = """
25 inet n - n - - smtpd
587 inet n - n - - smtpd
pickup unix n - n 60 1 pickup
cleanup unix n - n - 0 cleanup
qmgr unix n - n 300 1 qmgr
tlsmgr unix - - n 1000? 1 tlsmgr
rewrite unix - - n - - trivial-rewrite
bounce unix - - n - 0 bounce
proxymap unix - - n - - proxymap
local unix - n n - - local
anvil unix - - n - 1 anvil
postlog unix-dgram n - n - 1 postlogd
"""


def _postfix(folder: Path) -> None:
    home = folder / "postfix"
    home.mkdir()
    (home / "spool").mkdir()
    _own(home / "data", "postfix")
    (home / "main.cf").write_text(POSTFIX.replace("{folder}", str(folder)))
    (home / "master.cf").write_text(MASTER)
    (home / "dynamicmaps.cf").write_text("")


DOVECOT: Final = """
base_dir = {folder}/dovecot-run
protocols = imap pop3
ssl = yes
ssl_cert = <{folder}/good.pem
ssl_key = <{folder}/good.key
log_path = {folder}/dovecot-log
service imap-login {
  inet_listener imap {
    address = 127.0.0.1 ::1
    port = 143
  }
  inet_listener imaps {
    address = 127.0.0.1 ::1
    port = 993
  }
}
service pop3-login {
  inet_listener pop3 {
    address = 127.0.0.1 ::1
    port = 110
  }
  inet_listener pop3s {
    port = 0
  }
}
passdb {
  driver = static
  args = password=x
}
"""
VSFTPD: Final = """listen_ipv6=YES
listen_port=21
background=NO
anonymous_enable=YES
ssl_enable=YES
rsa_cert_file={folder}/good.pem
rsa_private_key_file={folder}/good.key
ftpd_banner=Welcome
secure_chroot_dir={folder}/ftp-empty
seccomp_sandbox=NO
"""


def _vsftpd(folder: Path) -> None:
    _file("vsftpd.conf", VSFTPD)(folder)
    (folder / "ftp-empty").mkdir()


def _sshd(folder: Path) -> None:
    Path("/run/sshd").mkdir(exist_ok=True)
    key = folder / "host_key"
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(key)], check=True)
    (folder / "sshd_config").write_text(
        f"ListenAddress 127.0.0.1:22\nListenAddress [::1]:22\nHostKey {key}\nPidFile none\nUsePAM no\n"
    )


def _mariadb(folder: Path) -> None:
    data = folder / "mysql"
    _own(data, "mysql")
    _key_for(folder, "mysql")
    words = ["mariadb-install-db", "--no-defaults", "--user=mysql", f"--datadir={data}", "--skip-test-db"]
    subprocess.run([*words, "--auth-root-authentication-method=normal"], check=True, capture_output=True)


POSTGRES: Final = max(Path("/usr/lib/postgresql").glob("*/bin"), default=Path("/nowhere"))
AS_POSTGRES: Final = ("setpriv", "--reuid=postgres", "--regid=postgres", "--init-groups")


def _postgres(folder: Path) -> None:
    data = folder / "postgres-data"
    _own(data, "postgres")
    _key_for(folder, "postgres")
    (folder / "postgres-word").write_text("x\n")
    words = ["initdb", "-D", str(data), "-A", "scram-sha-256", f"--pwfile={folder}/postgres-word", "-N"]
    subprocess.run([*AS_POSTGRES, f"{POSTGRES}/{words[0]}", *words[1:]], check=True, capture_output=True)


def _postgres_words(folder: Path) -> tuple[str, ...]:
    settings = {
        "listen_addresses": "127.0.0.1,::1",
        "unix_socket_directories": f"{folder}/postgres-data",
        "ssl": "on",
        "ssl_cert_file": f"{folder}/good.pem",
        "ssl_key_file": f"{folder}/postgres.key",
        "fsync": "off",
    }
    said = [word for name, value in settings.items() for word in ("-c", f"{name}={value}")]
    return (*AS_POSTGRES, f"{POSTGRES}/postgres", "-D", f"{folder}/postgres-data", *said)


RECIPES: Final = {
    recipe.name: recipe
    for recipe in (
        Recipe("nginx", (80, 443, 8443), _nginx, lambda at: ("nginx", "-c", f"{at}/nginx.conf", "-p", str(at))),
        Recipe("apache2", (8080,), _apache, lambda at: ("apache2", "-DFOREGROUND", "-f", f"{at}/apache.conf")),
        Recipe(
            "haproxy",
            (8081, 8082),
            _file("haproxy.cfg", HAPROXY),
            lambda at: ("haproxy", "-db", "-f", f"{at}/haproxy.cfg"),
        ),
        Recipe(
            "named",
            (53, 853),
            _zone_and("named.conf", NAMED),
            lambda at: ("named", "-f", "-c", f"{at}/named.conf"),
        ),
        Recipe("nsd", (), _zone_and("nsd.conf", NSD), lambda at: ("nsd", "-d", "-c", f"{at}/nsd.conf")),
        Recipe(
            "postfix",
            (25, 587),
            _postfix,
            lambda at: ("postfix", "-c", f"{at}/postfix", "start-fg"),
        ),
        Recipe(
            "dovecot",
            (110, 143, 993),
            _file("dovecot.conf", DOVECOT),
            lambda at: ("dovecot", "-F", "-c", f"{at}/dovecot.conf"),
        ),
        Recipe("sshd", (22,), _sshd, lambda at: ("/usr/sbin/sshd", "-D", "-f", f"{at}/sshd_config")),
        Recipe("vsftpd", (21,), _vsftpd, lambda at: ("vsftpd", f"{at}/vsftpd.conf")),
        Recipe(
            "mariadbd",
            (3306,),
            _mariadb,
            lambda at: (
                *("mariadbd", "--no-defaults", "--user=mysql", f"--datadir={at}/mysql", "--port=3306"),
                *("--bind-address=127.0.0.1,::1", f"--socket={at}/mysql/s.sock", f"--pid-file={at}/mysql/pid"),
                *(f"--ssl-cert={at}/good.pem", f"--ssl-key={at}/mysql.key"),
            ),
        ),
        Recipe("postgres", (5432,), _postgres, _postgres_words),
        Recipe(
            "redis-server",
            (6379,),
            lambda _: None,
            lambda at: ("redis-server", "--bind", "127.0.0.1", "::1", "--dir", str(at), "--save", ""),
        ),
        Recipe("iperf3", (5201,), lambda _: None, lambda _: ("iperf3", "-s", "-B", "127.0.0.1")),
    )
}
"""Every server of the house by the name of its program."""
