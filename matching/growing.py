"""Arrays that grow at their end. Pure."""

from typing import Any, Generic, TypeVar

import numpy as np
import numpy.typing as npt

T = TypeVar("T", bound=np.generic)


class Growing(Generic[T]):
    """A flat array that is appended to often: its room doubles, so that little is copied.

    Joining arrays anew at each append costs the whole length each time: with the term counts of
    100,000 people, a gigabyte for every change of one person.
    """

    def __init__(self, values: npt.NDArray[T]) -> None:
        self._room, self._size = values, len(values)

    def __len__(self) -> int:
        return self._size

    @property
    def values(self) -> npt.NDArray[T]:
        """What is there now, as a view: writing into it writes here, until the next append."""
        return self._room[: self._size]

    def extend(self, more: npt.NDArray[Any]) -> None:
        """Append values.

        Args:
            more: Shape (n,), of a type that this array's holds.
        """
        needed = self._size + len(more)
        if needed > len(self._room):
            room = np.empty(max(needed, 2 * len(self._room), 1024), dtype=self._room.dtype)
            room[: self._size] = self.values
            self._room = room
        self._room[self._size : needed] = more
        self._size = needed
