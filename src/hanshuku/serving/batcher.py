"""Requests that wait while the model is busy are answered together in the next batch."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncGenerator, Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, suppress
from typing import Any, Generic, TypeVar

from hanshuku.errors import HanshukuError

I = TypeVar("I")  # noqa: E741 - what is asked
A = TypeVar("A")  # what is answered
P = TypeVar("P")  # a piece of an answer


class Busy(HanshukuError):
    """More rows are waiting than the server lets wait."""


class Batcher(Generic[I, A]):
    """Collects rows of concurrent requests into batches for one predictor.

    An idle server answers at once; a busy one finds what queued up meanwhile and answers it in one go, so that the
    batch grows with the load by itself. A batch that fails is tried again request by request: a bad one fails alone.

    Args:
        predict: many rows in, as many predictions out; runs in one thread.
        max_batch: rows answered together at most.
        max_wait_ms: how long the first request of a batch waits for others.
        max_waiting: rows that may wait before `Busy` is raised.
    """

    def __init__(
        self, predict: Callable[[Sequence[I]], list[A]], *, max_batch: int = 64, max_wait_ms: float = 2.0, max_waiting: int = 4096
    ) -> None:
        self._predict, self._max_batch, self._wait, self._max_waiting = predict, max_batch, max_wait_ms / 1000, max_waiting
        self._queue: asyncio.Queue[tuple[Sequence[I], asyncio.Future[list[A]]]] = asyncio.Queue()
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="predict")
        self._task: asyncio.Task[None] | None = None
        self._left: tuple[Sequence[I], asyncio.Future[list[A]]] | None = None
        self.waiting = 0  # rows asked for and not answered yet
        self.batches = 0  # batches answered

    def start(self) -> None:
        """Begin to answer; call it inside the event loop."""
        self._task = asyncio.get_running_loop().create_task(self._work())

    async def stop(self) -> None:
        """Stop answering; requests that still wait are cancelled."""
        if self._task is not None:
            self._task.cancel()
            with suppress(asyncio.CancelledError):
                await self._task
        self._thread.shutdown(wait=True)

    async def ask(self, rows: Sequence[I]) -> list[A]:
        """The predictions for these rows.

        Raises:
            Busy: too many rows are waiting.
        """
        self._admit(len(rows))
        answer: asyncio.Future[list[A]] = asyncio.get_running_loop().create_future()
        self.waiting += len(rows)
        try:
            self._queue.put_nowait((rows, answer))
            return await answer
        finally:
            self.waiting -= len(rows)

    def stream(self, pieces: Callable[[], Iterator[P]]) -> AsyncGenerator[P, None]:
        """The pieces that an iterator gives, which runs in the thread of the predictor: nothing else is answered meanwhile.

        Left early (the client is gone), it stops at its next piece.

        Raises:
            Busy: too many rows are waiting.
        """
        self._admit(1)
        return self._stream(pieces)

    def _admit(self, rows: int) -> None:
        if self.waiting + rows > self._max_waiting:
            raise Busy(f"{self.waiting} rows are waiting, {self._max_waiting} may. Try again in a moment.")

    async def _stream(self, pieces: Callable[[], Iterator[P]]) -> AsyncGenerator[P, None]:
        loop, queue, left = asyncio.get_running_loop(), asyncio.Queue[Any](), threading.Event()

        def produce() -> None:
            try:
                with closing(pieces()) as found:  # type: ignore[type-var]
                    for piece in found:
                        if left.is_set():
                            break
                        loop.call_soon_threadsafe(queue.put_nowait, piece)
                loop.call_soon_threadsafe(queue.put_nowait, None)
            except Exception as error:  # noqa: BLE001 - it is raised where the pieces are read
                loop.call_soon_threadsafe(queue.put_nowait, error)

        self.waiting += 1
        try:
            self._thread.submit(produce)
            while (piece := await queue.get()) is not None:
                if isinstance(piece, Exception):
                    raise piece
                yield piece
        finally:
            left.set()
            self.waiting -= 1

    async def _work(self) -> None:
        while True:
            batch = await self._gather()
            batch = [(rows, answer) for rows, answer in batch if not answer.done()]  # a client that left is not served
            if not batch:
                continue
            try:
                predictions = await self._run([row for rows, _ in batch for row in rows])
                place = 0
                for rows, answer in batch:
                    if not answer.done():
                        answer.set_result(predictions[place : place + len(rows)])
                    place += len(rows)
            except Exception as error:  # noqa: BLE001 - whatever a model raises belongs to the request
                await self._one_by_one(batch, error)

    async def _gather(self) -> list[tuple[Sequence[I], asyncio.Future[list[A]]]]:
        """The requests of the next batch: the first that comes and what joins it in time and fits."""
        first, self._left = (self._left or await self._queue.get()), None
        batch, size = [first], len(first[0])
        deadline = asyncio.get_running_loop().time() + self._wait
        while size < self._max_batch:
            try:
                request = self._queue.get_nowait()
            except asyncio.QueueEmpty:
                rest = deadline - asyncio.get_running_loop().time()
                if rest <= 0 or self.waiting <= size:  # nobody else is on the way: waiting would only cost time
                    break
                try:
                    request = await asyncio.wait_for(self._queue.get(), rest)
                except asyncio.TimeoutError:
                    break
            if size + len(request[0]) > self._max_batch:
                self._left = request
                break
            batch.append(request)
            size += len(request[0])
        return batch

    async def _run(self, rows: Sequence[I]) -> list[A]:
        self.batches += 1
        return await asyncio.get_running_loop().run_in_executor(self._thread, self._predict, rows)

    async def _one_by_one(self, batch: list[tuple[Sequence[I], asyncio.Future[list[A]]]], error: Exception) -> None:
        for rows, answer in batch:
            if answer.done():
                continue
            if len(batch) == 1:
                answer.set_exception(error)
                continue
            try:
                answer.set_result(await self._run(rows))
            except Exception as own:  # noqa: BLE001
                answer.set_exception(own)
