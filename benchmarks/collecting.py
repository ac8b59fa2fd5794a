"""What collecting costs: fifty servers that each take a while to answer, and one endless feed."""

import asyncio
import subprocess
import tempfile
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from benchmarks.harness import PYTHON, Line
from newsletter.wiring import lay_out_publication

SOURCES, ITEMS = 50, 200
LATENCY_SECONDS = 0.2
ENDLESS_ITEMS = 5_000
_TEXT = (
    "Seutukaupunkien yritysneuvojat kokoontuivat vertaistapaamiseen, jossa käytiin läpi syksyn rahoitushaut, alueen "
    "hankinnat ja uusi neuvontapolku. Mukana oli kaksikymmentä kuntaa, ja seuraava tapaaminen pidetään keväällä. "
)


def cold() -> Line:
    """Fifty sources of 200 items that nobody has seen yet."""
    with _publication() as folder:
        seconds = _collect(folder)
    return _line(f"collect {SOURCES} sources of {ITEMS} items, cold", seconds, bound=10)


def unchanged() -> Line:
    """The same once more: nothing changed."""
    with _publication() as folder:
        _collect(folder)
        seconds = min(_collect(folder) for _ in range(3))
    return _line(f"collect {SOURCES} unchanged sources", seconds, bound=3)


def endless() -> Line:
    """One feed of 5,000 items."""
    with tempfile.TemporaryDirectory() as parent:
        folder = _laid_out(Path(parent), [])
        seconds = _collect(folder)
    return _line(f"collect a feed of {ENDLESS_ITEMS:,} items", seconds, bound=12)


def endless_memory() -> Line:
    """What the largest process of the same takes: the program, or the one that reads for it."""
    with tempfile.TemporaryDirectory() as parent:
        folder = _laid_out(Path(parent), [])
        watched = [PYTHON, "-c", _WATCHER, *_COLLECT]
        mebibytes = float(subprocess.run(watched, cwd=folder, check=True, stdout=subprocess.PIPE).stdout)
    return Line(
        name=f"memory for a feed of {ENDLESS_ITEMS:,} items", milliseconds=0, bound=200, unit="MiB", measured=mebibytes
    )


_COLLECT = (str(Path(PYTHON).with_name("newsletter")), "-q", "collect")
_WATCHER = """
import resource, subprocess, sys
subprocess.run(sys.argv[1:], check=True, stdout=subprocess.DEVNULL)
print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024)
"""


def _line(name: str, seconds: float, *, bound: float) -> Line:
    return Line(name=name, milliseconds=seconds * 1000, bound=bound, unit="s", measured=seconds)


def _collect(folder: Path) -> float:
    """Collect once and give the seconds that it took; a failing source ends the benchmark."""
    begun = time.perf_counter()
    subprocess.run(_COLLECT, cwd=folder, check=True, stdout=subprocess.DEVNULL)
    return time.perf_counter() - begun


@contextmanager
def _publication() -> Iterator[Path]:
    """Give a publication of fifty sources whose servers run as long as the block."""
    with _serving() as addresses, tempfile.TemporaryDirectory() as parent:
        yield _laid_out(Path(parent), addresses)


def _laid_out(parent: Path, addresses: Sequence[str]) -> Path:
    """Lay out a publication with sources at these addresses, or with one file of too many items."""
    folder = parent / "publication"
    lay_out_publication(folder)
    (folder / "content" / "endless.xml").write_bytes(_feed("endless", ENDLESS_ITEMS))
    places = [f'address = "{address}"\nallow_private_hosts = true' for address in addresses]
    sources = "".join(
        f'[[source]]\nid = "lahde-{number}"\nkind = "feed"\nlanguage = "fi"\n{place}\n\n'
        for number, place in enumerate(places or ['path = "content/endless.xml"'])
    )
    configuration = folder / "newsletter.toml"
    text = configuration.read_text("utf-8")
    begin, end = text.index("\n[[source]]"), text.index("# A source on the web")
    configuration.write_text(f"{text[:begin]}\n{sources}{text[end:]}", "utf-8")
    return folder


def _feed(name: str, items: int) -> bytes:
    """Write a feed as a municipality's site does, with whole articles."""
    entries = "".join(
        f"<item><title>Neuvojien vertaistapaaminen {number} {name}</title>"
        f"<link>https://{name}.example/uutiset/{number}?utm_source=rss</link><guid>{name}-{number}</guid>"
        f"<pubDate>Fri, {number % 28 + 1:02} Sep 2017 09:00:00 +0300</pubDate><dc:creator>Aino Kallio</dc:creator>"
        f"<category>elinvoima</category><description>{_TEXT}</description>"
        f"<content:encoded><![CDATA[<div><p>{_TEXT}</p><p>{_TEXT * 3}</p>"
        f'<p><a href="/lue/{number}">Lue lisää</a></p></div>]]></content:encoded></item>'
        for number in range(items)
    )
    return (
        '<?xml version="1.0" encoding="UTF-8"?><rss version="2.0" xmlns:dc="http://purl.org/dc/elements/1.1/" '
        'xmlns:content="http://purl.org/rss/1.0/modules/content/"><channel><title>Uutiset</title>'
        f"<link>https://{name}.example/</link><description>-</description>{entries}</channel></rss>"
    ).encode()


@contextmanager
def _serving() -> Iterator[list[str]]:
    """Give the addresses of fifty servers of this machine, each a host of its own, that answer late."""
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()
    try:
        yield asyncio.run_coroutine_threadsafe(_listen(), loop).result()
    finally:
        loop.call_soon_threadsafe(loop.stop)
        thread.join()


async def _listen() -> list[str]:
    addresses = []
    for number in range(1, SOURCES + 1):
        server = await asyncio.start_server(_answer, f"127.0.0.{number}", 0)
        host, port = server.sockets[0].getsockname()[:2]
        addresses.append(f"http://{host}:{port}/")
    return addresses


async def _answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await reader.readuntil(b"\r\n\r\n")
    await asyncio.sleep(LATENCY_SECONDS)
    body = _feed("-".join(map(str, writer.get_extra_info("sockname"))).replace(".", "-"), ITEMS)
    writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\nConnection: close\r\n\r\n" % len(body) + body)
    await writer.drain()
    writer.close()
