"""What the provider tells, by the commands a project manager types."""

import json
import os
import signal
import threading
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

import httpx
import pytest

from newsletter import open_newsletter
from newsletter.cli.command import INTERRUPTED
from newsletter.domain.notification import Notification, NotificationKind
from newsletter.mailers.sendgrid import STAND_IN_KEY
from newsletter.mailers.sendgrid.fake import FakeSendGrid
from newsletter.web.port import take_port
from tests.cli.conftest import Run

AT = datetime(2017, 11, 24, 7, 0, tzinfo=UTC)


def _tell(folder: Path, *notifications: tuple[NotificationKind, str, str]) -> None:
    """Let the provider have told something, at some moments before now."""
    with open_newsletter(folder / "newsletter.toml") as newsletter:
        newsletter.notifications.take(
            [
                Notification(
                    provider="sendgrid",
                    event_id=None,
                    natural_key=str(number),
                    kind=kind,
                    at=AT.replace(minute=number) if kind is not NotificationKind.ACCOUNT_CHANGED else datetime.now(UTC),
                    reason=reason,
                    raw=raw,
                )
                for number, (kind, reason, raw) in enumerate(notifications)
            ]
        )


def test_notifications_are_listed_in_the_publications_time(publication: Path, run: Run) -> None:
    """The newest stands first, in plain words; what a terminal would obey is no part of it (H10)."""
    _tell(
        publication,
        (NotificationKind.DELIVERED, "250 OK", ""),
        (NotificationKind.DEFERRED, "greylisted\x1b[31m", ""),
        (NotificationKind.UNRECOGNISED, "", '{"event": "cancel_drop"}'),
    )

    listed = run("notification", "list", "--kind", "deferred", "--kind", "unrecognised")
    as_json = run("notification", "list", "--limit", "1", "--json")

    assert [line.split() for line in listed.out.splitlines()] == [
        ["AT", "KIND", "ISSUE", "REASON"],
        ["2017-11-24", "09:02", "unrecognised", "-", '{"event":', '"cancel_drop"}'],
        ["2017-11-24", "09:01", "deferred", "-", "greylisted", "[31m"],
    ]
    assert "Altogether: 1 deferred, 1 delivered, 1 unrecognised." in listed.err
    assert [(one["kind"], one["raw"]) for one in json.loads(as_json.out)] == [
        ("unrecognised", '{"event": "cancel_drop"}')
    ]


def test_nothing_told_is_an_empty_list(publication: Path, run: Run) -> None:
    """Before the first notification there are headings and no rows."""
    listed = run("notification", "list")

    assert (listed.code, listed.out.split(), "none" in listed.err) == (0, ["AT", "KIND", "ISSUE", "REASON"], True)


def test_a_change_of_the_account_stands_in_status(publication: Path, run: Run) -> None:
    """The operator reads of it where everything else of the month stands."""
    _tell(publication, (NotificationKind.ACCOUNT_CHANGED, "", '{"type": "compliance_suspend"}'))

    status = run("status")

    assert "Your account at sendgrid changed on" in status.out
    assert '{"type": "compliance_suspend"}' in status.out


def test_fetching_lists_from_the_outbox_is_refused(publication: Path, run: Run) -> None:
    """The sample's mailer has no lists of its own, and says which has."""
    fetched = run("suppression", "fetch")

    assert (fetched.code, fetched.first_error) == (2, "Error: The mailer outbox keeps no lists of its own.")


def test_serving_nothing_is_refused(publication: Path, run: Run) -> None:
    """Without public pages and without a key there is no room: a webhook that checks nothing is never open (H3)."""
    served = run("serve")

    assert (served.code, served.first_error) == (
        2,
        "Error: There is nothing to serve: no public page and no webhook is configured.",
    )


@pytest.fixture
def on_sendgrid(approved: Path) -> Path:
    """Give a publication whose mailer is SendGrid."""
    path = approved / "newsletter.toml"
    path.write_text(path.read_text(encoding="utf-8").replace('kind = "outbox"', 'kind = "sendgrid"'), encoding="utf-8")
    return approved


def _free_port() -> int:
    """Give a port that was free a moment ago."""
    with take_port("127.0.0.1", 0) as taken:
        return int(taken.getsockname()[1])


class Rehearsal(threading.Thread):
    """The other window: wait for the service, send through it, wait until it told everything, and press Ctrl-C."""

    def __init__(self, configuration: Path, webhook: str) -> None:
        super().__init__()
        self._configuration, self._webhook = configuration, webhook
        self.is_rehearsal = False
        self.states: dict[str, int] = {}
        self.is_over = threading.Event()

    def run(self) -> None:
        """Do all of it; Ctrl-C whatever happens, or the command would serve for ever."""
        try:
            self._wait_for_service()
            with open_newsletter(self._configuration) as newsletter:
                self.is_rehearsal = newsletter.deliveries.outlook("2017-11").is_rehearsal
                newsletter.deliveries.send("2017-11", by="Aino")
                for _ in range(1000):
                    balance = newsletter.reports.report("2017-11")[0].balance
                    self.states = {str(state): count for state, count in balance.states.items()}
                    if set(self.states) == {"delivered"}:
                        break
        finally:
            if not self.is_over.is_set():
                os.kill(os.getpid(), signal.SIGINT)

    def _wait_for_service(self) -> None:
        """Knock until somebody opens; the answer comes once the service runs."""
        for _ in range(1000):
            with suppress(httpx.ConnectError):
                httpx.post(self._webhook, content=b"", timeout=60)
                return
            threading.Event().wait(0.01)


def test_the_whole_path_is_rehearsed_with_a_sendgrid_of_our_own(
    on_sendgrid: Path, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Send through the stand-in, which tells the webhook, which keeps it: the report shows who got it."""
    port, fake_port = _free_port(), _free_port()
    monkeypatch.setenv("NEWSLETTER_SENDGRID_URL", f"http://127.0.0.1:{fake_port}")
    monkeypatch.setenv("NEWSLETTER_SENDGRID_API_KEY", STAND_IN_KEY)
    webhook = f"http://127.0.0.1:{port}/webhooks/sendgrid"
    rehearsal = Rehearsal(on_sendgrid / "newsletter.toml", webhook)
    rehearsal.start()

    served = run("serve", "--fake-sendgrid", "--port", str(port), "--fake-port", str(fake_port))
    rehearsal.is_over.set()
    rehearsal.join()

    assert (served.code, served.out) == (INTERRUPTED, f"{webhook}\n")
    assert f"NEWSLETTER_SENDGRID_URL=http://127.0.0.1:{fake_port} NEWSLETTER_SENDGRID_API_KEY=SG.stand-in" in served.err
    assert (rehearsal.is_rehearsal, rehearsal.states) == (True, {"delivered": 21})


def test_a_taken_port_of_the_stand_in_is_told(on_sendgrid: Path, run: Run) -> None:
    """The refusal names the option that chooses another port."""
    with take_port("127.0.0.1", 0) as taken:
        port = taken.getsockname()[1]
        served = run("serve", "--fake-sendgrid", "--port", "0", "--fake-port", str(port))

    assert (served.code, "Choose another --fake-port." in served.err) == (2, True)


def test_the_providers_lists_are_fetched(on_sendgrid: Path, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """What the lists hold is counted; from a stand-in's nothing is kept, for rehearsed mails are about nobody."""
    with FakeSendGrid(api_key=STAND_IN_KEY, clock=lambda: AT) as fake:
        monkeypatch.setenv("NEWSLETTER_SENDGRID_URL", fake.host)
        monkeypatch.setenv("NEWSLETTER_SENDGRID_API_KEY", STAND_IN_KEY)
        for address in ("bounce@example.net", "spam@example.net", "blocked@example.net"):
            assert run("issue", "test", "2017-11", "--to", address).code == 0

        rehearsed = run("suppression", "fetch", "--dry-run")
        fetched = run("suppression", "fetch", "--since", "2017-11-24")
        again = run("suppression", "fetch")

    rows = ["REASON       ADDRESSES", "hard bounce  1", "complaint    1"]
    assert rehearsed.out.splitlines() == [*rows, "Suppressed already: 0. Blocked for a while only: 1."]
    assert (fetched.code, fetched.out) == (0, rehearsed.out)
    kept = json.loads(run("suppression", "list", "--json").out)
    assert (again.out, kept) == (fetched.out, {"unsubscribed": 1})
    assert ("Dry run" in rehearsed.err, "A rehearsal" in fetched.err) == (True, True)


def test_lists_that_cannot_be_read_are_told(on_sendgrid: Path, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """What could be read is kept; the rest makes the command end with 4."""
    port = _free_port()
    monkeypatch.setenv("NEWSLETTER_SENDGRID_URL", f"http://127.0.0.1:{port}")
    monkeypatch.setenv("NEWSLETTER_SENDGRID_API_KEY", STAND_IN_KEY)

    fetched = run("suppression", "fetch")

    assert (fetched.code, fetched.first_error) == (4, "Error: Not everything could be read.")
    assert fetched.err.count("cannot be read: SendGrid cannot be reached") == 4
