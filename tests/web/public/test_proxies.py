"""The examples of docs/serve.md, run with the programs they are for."""

import re
import shutil
import socket
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest

from newsletter import open_newsletter
from newsletter.audience.tokens import unsubscribe_token
from newsletter.domain.audience import SubscriberStatus, hash_address
from newsletter.web.public.server import PublicServer

DOCUMENT = (Path(__file__).parents[3] / "docs" / "serve.md").read_text("utf-8")
NAME = "uutiskirje.example.com"
NGINX, CADDY, ANALYZE = (shutil.which(name) for name in ("nginx", "caddy", "systemd-analyze"))

pytestmark = pytest.mark.server

NGINX_AROUND = """\
daemon off;
error_log {folder}/error.log;
pid {folder}/nginx.pid;
events {{}}
http {{
    access_log {folder}/access.log;
    client_body_temp_path {folder}/body;
    proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
{server}
}}
"""


def _example(language: str) -> str:
    """Give the one example of a language."""
    [found] = re.findall(rf"```{language}\n(.*?)```", DOCUMENT, re.DOTALL)
    return str(found)


def _free_port() -> int:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return int(taken.getsockname()[1])


def _nginx(folder: Path, port: int, behind: int) -> list[str]:
    """Write nginx's configuration from the example, without TLS and on our ports."""
    server = re.sub(r"\s*ssl_certificate\S*\s+\S+;", "", _example("nginx"))
    for ours, its in (("listen 443 ssl;", f"listen 127.0.0.1:{port};"), ("127.0.0.1:8030", f"127.0.0.1:{behind}")):
        server = server.replace(ours, its)
    path = folder / "nginx.conf"
    path.write_text(NGINX_AROUND.format(folder=folder, server=server), "utf-8")
    return [str(NGINX), "-p", str(folder), "-c", str(path)]


def _caddy(folder: Path, port: int, behind: int) -> list[str]:
    """Write Caddy's configuration likewise."""
    path = folder / "Caddyfile"
    own = _example("caddy").replace(NAME, f"http://{NAME}").replace("127.0.0.1:8030", f"127.0.0.1:{behind}")
    path.write_text(f"{{\n\tadmin off\n\thttp_port {port}\n}}\n{own}", "utf-8")
    return [str(CADDY), "run", "--config", str(path), "--adapter", "caddyfile"]


@contextmanager
def _running(command: list[str], port: int) -> Iterator[None]:
    """Run a web server until it answers, and end it."""
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        for _ in range(200):
            with socket.socket() as tried:
                if tried.connect_ex(("127.0.0.1", port)) == 0:
                    break
            time.sleep(0.05)
        yield
    finally:
        process.terminate()
        process.wait(20)


@pytest.mark.parametrize(
    ("program", "configure"),
    [
        pytest.param(NGINX, _nginx, marks=pytest.mark.skipif(NGINX is None, reason="needs nginx"), id="nginx"),
        pytest.param(CADDY, _caddy, marks=pytest.mark.skipif(CADDY is None, reason="needs caddy"), id="caddy"),
    ],
)
def test_one_click_comes_through_the_web_server(
    publication: Path, tmp_path: Path, program: str, configure: Callable[[Path, int, int], list[str]]
) -> None:
    """The example hands one click on, keeps our headers, and writes no token into any file of its own."""
    assert program
    path = publication / "newsletter.toml"
    text = path.read_text("utf-8").replace(
        '# public_url = "https://uutiskirje.example"', f'public_url = "https://{NAME}"'
    )
    path.write_text(f'{text}\n[serve]\ntrusted_proxies = ["127.0.0.1"]\n', "utf-8")
    folder, port = tmp_path / "web", _free_port()
    folder.mkdir()
    with open_newsletter(path) as newsletter:
        key, person = newsletter.resources.keys.current, next(newsletter.people.everybody())
        token = unsubscribe_token(hash_address(person.address, key), key)
        outside = PublicServer(newsletter, host="127.0.0.1", port=0)
        serving = threading.Thread(target=outside.serve, args=([],))
        serving.start()
        behind = httpx.URL(str(outside.leaving)).port or 0
        with _running(configure(folder, port, behind), port):
            answers = [
                httpx.request(method, f"http://127.0.0.1:{port}/leave/{token}", headers={"Host": NAME}, data=data)
                for method, data in (("GET", None), ("POST", {"List-Unsubscribe": "One-Click"}))
            ]
        outside.stop()
        serving.join(20)
        status = newsletter.people.person(person.address).subscriber.status

    assert [(one.status_code, one.headers["cache-control"]) for one in answers] == [(200, "no-store")] * 2
    assert answers[1].text == "OK\n"
    assert status is SubscriberStatus.UNSUBSCRIBED
    written = [file for file in folder.rglob("*") if file.is_file()]
    assert all(token.encode() not in file.read_bytes() for file in written)


@pytest.mark.skipif(ANALYZE is None, reason="needs systemd-analyze (Debian: systemd)")
def test_the_unit_is_one(tmp_path: Path) -> None:
    """Systemd finds nothing wrong with the unit but that nothing is installed there."""
    unit = tmp_path / "newsletter.service"
    unit.write_text(_example("ini"), "utf-8")

    said = subprocess.run(
        [str(ANALYZE), "verify", str(unit)], capture_output=True, text=True, check=False, timeout=60
    ).stderr

    assert [line for line in said.splitlines() if unit.name in line and "not executable" not in line] == []
