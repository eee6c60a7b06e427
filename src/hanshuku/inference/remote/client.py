"""Client: many requests to one server at once, each until it is answered, fails for good, or time is up."""

from __future__ import annotations

import asyncio
import random
import threading
import time
from collections.abc import Callable, Coroutine, Mapping, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field, fields, replace
from typing import Any, TypeVar

from hanshuku.errors import MissingExtra, RemoteError, StorageError
from hanshuku.inference.remote.answers import Answer, read_answer
from hanshuku.inference.remote.failures import OPTIONAL, RENAMED, Failure, of_status
from hanshuku.inference.remote.settings import RemoteSettings
from hanshuku.inference.remote.store import Store, request_key
from hanshuku.models.cache import is_offline
from hanshuku.models.remote import KEY, OFFICIAL, RemoteModel

FIRST_WAIT, LONGEST_WAIT = 0.5, 60.0  # seconds before a second try; each further wait is twice as long, up to the longest
UNREACHED = 2  # further tries of a server that has never been reached
IN_A_ROW = 3  # requests that fail for good one after the other: the rest is then not tried
Body = Mapping[str, Any]
T = TypeVar("T")


@dataclass
class Spent:
    """What asking has cost since the client was made."""

    answered: int = 0  # requests that the server answered
    kept: int = 0  # answers that were at hand already
    tokens_in: int = 0  # of the former
    tokens_out: int = 0
    untold: int = 0  # answers without a count of tokens

    def since(self, before: Spent) -> Spent:
        """What it has cost since then."""
        return Spent(*(getattr(self, f.name) - getattr(before, f.name) for f in fields(self)))

    def price(self, settings: RemoteSettings) -> float:
        """In the currency of the prices that were set."""
        return (self.tokens_in * settings.price_in + self.tokens_out * settings.price_out) / 1e6


@dataclass
class _Round:
    """One call of `ask`."""

    end: float  # time.monotonic() at which time is up
    jobs: list[tuple[str, Body]]  # requests that are still to be sent
    found: dict[str, Answer] = field(default_factory=dict)
    failed: dict[str, Failure] = field(default_factory=dict)
    in_a_row: int = 0
    over: Failure | None = None  # why nothing more is sent


class Client:
    """Asks one model on one server.

    Args:
        model: which, and where.
        settings: how.

    Attributes:
        spent: requests, tokens.
        left_out: settings that the server refuses and that it is asked without.
        unkept: why answers could not be kept; "" where they could.
        clean: what each answer passes before it is kept or read; None: nothing.
        mark: names `clean` in the keys of what is kept.
    """

    def __init__(self, model: RemoteModel, settings: RemoteSettings, clean: Callable[[str], str] | None = None, mark: str = "") -> None:
        self.model, self.settings, self.clean, self.mark = model, settings, clean, mark
        self.spent = Spent()
        self.left_out: set[str] = set()
        self.unkept = ""
        self._reached = False
        self._resume = 0.0  # time.monotonic() before which nothing is sent, as the server asked

    def ask(self, bodies: Sequence[Body]) -> list[Answer]:
        """The answers to these requests, in their order; equal requests are sent once.

        Each answer is kept as it comes, so that after an error only what is missing is asked again.

        Raises:
            RemoteError: a request failed for good; the message says why, and how many answers were kept.
            MissingExtra: the openai client is not installed.
        """
        store = Store() if self.settings.keeps else None
        keys = [request_key(self.model.address, {**body, "mark": self.mark} if self.mark else body) for body in bodies]
        wanted = dict(zip(keys, bodies, strict=True))
        known = {key: answer for key in wanted if store and (answer := store.get(key))}
        self.spent.kept += len(known)
        this = _Round(time.monotonic() + self.settings.deadline, [(key, body) for key, body in wanted.items() if key not in known])
        if this.jobs:
            self.check()
            in_own_loop(self._ask_all(this, store))
        found = known | this.found
        for answer in found.values():
            self.left_out.update(answer.left_out)
        if this.over or this.failed:
            raise self._error(this, keys, len(found) if store and not self.unkept else 0)
        return [found[key] for key in keys]

    def check(self) -> None:
        """Refuse to ask where the network is switched off or a key is missing.

        Raises:
            RemoteError: so.
        """
        if is_offline() and not self.model.is_local:
            raise RemoteError(f"{self.model.address} is not asked: the network is switched off (HANSHUKU_OFFLINE or HF_HUB_OFFLINE).")
        if self.model.address == OFFICIAL and not self.model.key:
            raise RemoteError(f"{self.model.name} needs a key: set {KEY}. For a server of your own set OPENAI_BASE_URL, or name http://HOST:PORT/v1#MODEL.")

    async def _ask_all(self, this: _Round, store: Store | None) -> None:
        openai = library()
        this.jobs.reverse()
        async with openai.AsyncOpenAI(api_key=self.model.key or "none", base_url=self.model.address, max_retries=0, timeout=self.settings.timeout) as server:

            async def work() -> None:
                while this.jobs and not this.over:
                    key, body = this.jobs.pop()
                    try:
                        answer = await self._answer(server, body, this.end)
                    except Failure as failure:
                        this.failed[key] = failure
                        this.in_a_row += 1
                        if failure.ends or this.in_a_row >= IN_A_ROW:
                            this.over = this.over or failure
                        continue
                    this.in_a_row = 0
                    this.found[key] = answer
                    self._keep(store, key, answer)

            await asyncio.gather(*(work() for _ in range(min(self.settings.concurrency, len(this.jobs)))))
            if this.over and this.over.absent:
                this.over.what = this.over.what.rstrip(".") + await _models_of(server)

    def _keep(self, store: Store | None, key: str, answer: Answer) -> None:
        self.spent.answered += 1
        self.spent.tokens_in += answer.tokens_in or 0
        self.spent.tokens_out += answer.tokens_out or 0
        self.spent.untold += answer.tokens_in is None or answer.tokens_out is None
        try:
            if store:
                store.put(key, answer)
        except StorageError as error:  # the answer itself is good; a rerun would pay again, which is said
            self.unkept = str(error)

    async def _answer(self, server: Any, body: Body, end: float) -> Answer:
        """The answer to one request, however many tries it takes.

        Raises:
            Failure: there is none.
        """
        tries, answered = 0, self.spent.answered
        while True:
            await _sleep_until(self._resume, end)
            without = set(self.left_out)
            try:
                answer = await self._try(server, self.without_refused(body), min(self.settings.timeout, end - time.monotonic()))
                self._reached = True
                return replace(self._cleaned(answer), left_out=tuple(sorted(self.left_out)))
            except Failure as failure:
                if failure.refused and failure.refused not in without:  # another request may have met it meanwhile
                    self.left_out.add(failure.refused)
                    continue
                most = self.settings.retries if self._reached else min(self.settings.retries, UNREACHED)
                if not failure.passes or tries >= most:
                    times = f", tried {tries + 1} times" if tries else ""
                    raise replace(failure, what=failure.what + times) from None
                wait = min(LONGEST_WAIT, FIRST_WAIT * 2**tries) * random.uniform(0.5, 1.0)  # noqa: S311 - so that clients do not come back all at once
                if failure.wait is not None:
                    wait = max(wait, failure.wait)
                    self._resume = max(self._resume, time.monotonic() + failure.wait)
                tries += not (failure.busy and self.spent.answered > answered)  # others were answered since the last try: this one's turn comes, by the deadline
                answered = self.spent.answered
                await _sleep_until(time.monotonic() + wait, end, failure)

    def _cleaned(self, answer: Answer) -> Answer:
        """The answer as it may be kept; without its tokens where it was changed."""
        text = answer.text if self.clean is None else self.clean(answer.text)
        return answer if text == answer.text else replace(answer, text=text, tokens=())

    async def _try(self, server: Any, body: Body, seconds: float) -> Answer:
        openai = library()
        try:
            call = server.chat.completions.with_raw_response.create(**body)
            response = await asyncio.wait_for(call, max(seconds, 0.01))  # also where the server sends a byte now and then
            return read_answer(self.without_key(response.text))
        except (openai.OpenAIError, asyncio.TimeoutError) as error:
            raise self.failure(error, seconds, body) from None

    def failure(self, error: Exception, seconds: float, body: Body) -> Failure:
        """What went wrong, of what the openai client raises.

        Args:
            error: raised, or a timeout.
            seconds: that there were for this request.
            body: of it.
        """
        openai = library()
        if isinstance(error, openai.APIStatusError):
            self._reached = True
            text = self.without_key(error.response.text)
            return of_status(error.status_code, text, {name.lower(): value for name, value in error.response.headers.items()}, body)
        if isinstance(error, (openai.APITimeoutError, TimeoutError, asyncio.TimeoutError)) or _is(error, "TimeoutException"):
            name = "timeout" if seconds >= self.settings.timeout else "deadline"  # whichever cut it off
            return Failure(f"did not answer within {seconds:.3g} s", passes=True, hint=f" Give it longer: {name}=SECONDS.")
        cause = error.__cause__ or error
        why = self.without_key(str(cause)).rstrip(".")
        self._reached = self._reached or _is(cause, "ReadError", "WriteError", "RemoteProtocolError")
        if _is(cause, "TransportError"):
            if self._reached:
                return Failure(f"broke off the connection ({why})", passes=True)
            return Failure(f"cannot be reached ({why})", passes=True, ends=True, hint=" Is the server running, and is this its address?")
        return Failure(f"broke off or sent what cannot be read ({why})")

    def without_refused(self, body: Body) -> dict[str, Any]:
        """The body without what the server has refused so far."""
        gone = {part for name in self.left_out for part in OPTIONAL.get(name, ())}
        sent = {name: value for name, value in body.items() if name not in gone}
        if RENAMED in self.left_out and "max_tokens" in sent:
            sent[RENAMED] = sent.pop("max_tokens")
        return sent

    def without_key(self, text: str) -> str:
        """A text without the key, should the server repeat it."""
        return text.replace(self.model.key, "***") if self.model.key else text

    def _error(self, this: _Round, keys: Sequence[str], kept: int) -> RemoteError:
        key, failure = next(((k, f) for k, f in this.failed.items() if f is this.over), next(iter(this.failed.items())))
        others = f"; {len(this.failed)} rows failed" if len(this.failed) > 1 else ""
        row = "" if failure.ends else f" (row {keys.index(key)} of {len(keys)}{others})"
        rest = f" {kept} answers are kept: run again, and only the others are asked." if kept else ""
        return RemoteError(f"{self.model.address} {failure.what.rstrip('.')}{row}.{failure.hint}{rest}")


def library() -> Any:
    """The openai client.

    Raises:
        MissingExtra: it is not installed.
    """
    try:
        import openai
    except ImportError as error:
        raise MissingExtra(error.name or "openai", "remote", "A model on a server") from error
    return openai


def _is(error: BaseException | None, *names: str) -> bool:
    """Whether it is an error of the openai client's transport of one of these names; by name, as the transport is httpx or a successor of it."""
    return bool({kind.__name__ for kind in type(error).__mro__} & set(names))


async def _models_of(server: Any) -> str:
    """Which models a server says it has, in words; "" where it does not say."""
    try:
        page = await asyncio.wait_for(server.models.list(), 5)
        names = sorted(model.id for model in page.data)
    except Exception:  # noqa: BLE001 - this only makes a message better
        return ""
    return f". Its models: {', '.join(names[:20])}" if names else ""


async def _sleep_until(moment: float, end: float, failure: Failure | None = None) -> None:
    """Sleep, unless the time of all is up before.

    Raises:
        Failure: it is; what went wrong last is said.
    """
    now = time.monotonic()
    if max(moment, now) >= end:
        asks = f", and asks to wait {failure.wait:,.0f} s" if failure and failure.wait else ""
        why = f"{failure.what.rstrip('.')}{asks}; a" if failure else "did not answer all rows in time: a"
        raise Failure(f"{why} further try would come after the deadline. Raise it: deadline=SECONDS", ends=True)
    if moment > now:
        await asyncio.sleep(moment - now)


def in_own_loop(work: Coroutine[Any, Any, T]) -> T:
    """Run a coroutine in a loop and a thread of its own, so that it may be called from within another loop; an interrupt ends it."""
    begun: Future[tuple[asyncio.AbstractEventLoop, asyncio.Task[Any] | None]] = Future()
    done: Future[T] = Future()

    async def main() -> T:
        begun.set_result((asyncio.get_running_loop(), asyncio.current_task()))
        return await work

    def run() -> None:
        try:
            done.set_result(asyncio.run(main()))
        except BaseException as error:  # noqa: BLE001 - it is raised where the answer is waited for
            done.set_exception(error)

    thread = threading.Thread(target=run, name="remote", daemon=True)
    thread.start()
    try:
        return done.result()
    except KeyboardInterrupt:
        loop, task = begun.result()
        if task and not done.done():
            loop.call_soon_threadsafe(task.cancel)
        raise
    finally:
        thread.join(timeout=5)
