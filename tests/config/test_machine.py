"""What the kernel's files say of gateway and resolvers."""

from __future__ import annotations

from pathlib import Path

from probe.config import machine

HEAD = "Iface\tDestination\tGateway\tFlags\tRefCnt\tUse\tMetric\tMask\tMTU\tWindow\tIRTT\n"
NET = "eth0\t0002A8C0\t00000000\t0001\t0\t0\t100\t00FFFFFF\t0\t0\t0\n"
WIFI = "wlan0\t00000000\t0100A8C0\t0003\t0\t0\t600\t00000000\t0\t0\t0\n"
WIRE = "eth0\t00000000\t0102A8C0\t0003\t0\t0\t100\t00000000\t0\t0\t0\n"
POINT_TO_POINT = "ppp0\t00000000\t00000000\t0001\t0\t0\t0\t00000000\t0\t0\t0\n"
SHORT = "eth0\t00000000\n"

NONE_6 = "0" * 32
LOCAL_6 = "fe80" + "0" * 27 + "1"
LO = f"{NONE_6} 00 {NONE_6} 00 {NONE_6} ffffffff 00000001 00000000 00200200       lo\n"
NET_6 = f"20010db8{'0' * 24} 40 {NONE_6} 00 {NONE_6} 00000100 00000001 00000000 00000001     eth0\n"
WIRE_6 = f"{NONE_6} 00 {NONE_6} 00 {LOCAL_6} 00000400 00000001 00000000 00000003     eth0\n"
FAR_6 = f"{NONE_6} 00 {NONE_6} 00 20010db8{'0' * 23}1 00000400 00000001 00000000 00000003     eth0\n"


def routes(folder: Path, v4: str = "", v6: str = "") -> Path:
    """A folder like /proc/net."""
    (folder / "route").write_text(HEAD + v4)
    (folder / "ipv6_route").write_text(v6)
    return folder


def test_the_default_route_of_lowest_metric_wins(tmp_path: Path) -> None:
    """A laptop on the wire and on Wi-Fi uses the wire."""
    assert machine.gateway(routes(tmp_path, SHORT + NET + WIFI + WIRE + POINT_TO_POINT)) == "192.168.2.1"


def test_ipv6_alone_has_a_gateway_with_its_scope(tmp_path: Path) -> None:
    """A link-local address means nothing without its interface."""
    assert machine.gateway(routes(tmp_path, v6="\n" + NET_6 + LO + WIRE_6)) == "fe80::1%eth0"
    assert machine.gateway(routes(tmp_path, v6=FAR_6)) == "2001:db8::1"


def test_without_a_default_route_there_is_no_gateway(tmp_path: Path) -> None:
    """Absence is None."""
    assert machine.gateway(routes(tmp_path, NET, NET_6 + LO)) is None
    assert machine.gateway(tmp_path / "nowhere") is None


def test_ipv6_is_there_when_it_has_a_default_route(tmp_path: Path) -> None:
    """An address without a way out is of no use."""
    assert machine.has_ipv6(routes(tmp_path, v6=WIRE_6))
    assert not machine.has_ipv6(routes(tmp_path, v6=NET_6))


def test_resolvers_are_the_addresses_of_resolv_conf(tmp_path: Path) -> None:
    """Order matters there; what is no address is not a resolver."""
    file = tmp_path / "resolv.conf"
    file.write_text("# x\nnameserver 192.0.2.53\nsearch a.b\nnameserver\nnameserver what\nnameserver 2001:db8::53\n")
    assert machine.resolvers(file) == ("192.0.2.53", "2001:db8::53")
    assert machine.resolvers(tmp_path / "nowhere") == ()


def test_a_machine_has_a_name() -> None:
    """It is the vantage when nobody says otherwise."""
    assert machine.host_name()
