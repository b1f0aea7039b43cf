"""The tree of hashes over a log, as RFC 6962 2.1 has it: roots, and the two proofs that an outsider can check alone."""

from collections.abc import Callable, Iterable, Sequence
from hashlib import sha256

HASH_BYTES = 32
EMPTY_ROOT = sha256(b"").digest()

Hash = Callable[[int, int], bytes]
"""The root of the full subtree of 2**level leaves (first argument) that ends with that leaf, counted from 1."""


def leaf_hash(data: bytes) -> bytes:
    return sha256(b"\x00" + data).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    return sha256(b"\x01" + left + right).digest()


class Growing:
    """A tree to which leaves are added at its end; it holds the roots of its full subtrees, 32 bytes each, no more."""

    def __init__(self, size: int = 0, peaks: Sequence[bytes] = ()) -> None:
        """`peaks` are those of the tree so far, the largest subtree first. Raises ValueError for another count."""
        if len(peaks) != size.bit_count():
            raise ValueError(
                f"a tree of {size} leaves has {size.bit_count()} full subtrees, not {len(peaks)}"
            )
        self.size = size
        self.peaks = list(peaks)

    def add(self, leaf: bytes) -> list[bytes]:
        """Add a leaf's hash; gives the roots of all full subtrees that end with it, from the leaf itself up."""
        ending, root, size, peaks = [leaf], leaf, self.size, self.peaks
        while size & 1:
            root = sha256(b"\x01" + peaks.pop() + root).digest()
            ending.append(root)
            size >>= 1
        peaks.append(root)
        self.size += 1
        return ending

    def root(self) -> bytes:
        if not self.peaks:
            return EMPTY_ROOT
        *others, root = self.peaks
        for peak in reversed(others):
            root = node_hash(peak, root)
        return root


def root_of(leaves: Iterable[bytes]) -> bytes:
    """The root over these hashes of leaves."""
    tree = Growing()
    for each in leaves:
        tree.add(each)
    return tree.root()


def inclusion_path(index: int, size: int, kept: Hash) -> list[bytes]:
    """What shows that the leaf of this index, from 0, is in the tree of that size: RFC 6962 2.1.1.

    Raises ValueError where the tree has no such leaf.
    """
    if not 0 <= index < size:
        raise ValueError(f"a tree of {size} leaves has no leaf {index}")
    return _path(index, 0, size, kept)


def consistency_path(first: int, second: int, kept: Hash) -> list[bytes]:
    """What shows that the tree of `second` leaves begins with the tree of `first`: RFC 6962 2.1.2."""
    if not 0 < first <= second:
        raise ValueError(f"a tree of {second} leaves does not begin with one of {first}")
    return _subproof(first, 0, second, kept, whole=True)


def root_from(leaf: bytes, index: int, size: int, path: Sequence[bytes]) -> bytes | None:
    """The root that an inclusion path leads to, RFC 9162 2.1.3.2; None where the path has the wrong length."""
    if not 0 <= index < size:
        return None
    place, last, root = index, size - 1, leaf
    for each in path:
        if last == 0:
            return None
        if place & 1 or place == last:
            root = node_hash(each, root)
            while not place & 1 and place:
                place, last = place >> 1, last >> 1
        else:
            root = node_hash(root, each)
        place, last = place >> 1, last >> 1
    return root if last == 0 else None


def consistent(first: int, first_root: bytes, second: int, second_root: bytes, path: Sequence[bytes]) -> bool:
    """Whether the path shows that the second tree begins with the first one, RFC 9162 2.1.4.2."""
    if not 0 < first <= second:
        return False
    if first == second:
        return not path and first_root == second_root
    steps = [first_root, *path] if first & (first - 1) == 0 else list(path)
    if not steps:
        return False
    place, last = first - 1, second - 1
    while place & 1:
        place, last = place >> 1, last >> 1
    old = new = steps[0]
    for each in steps[1:]:
        if last == 0:
            return False
        if place & 1 or place == last:
            old, new = node_hash(each, old), node_hash(each, new)
            while not place & 1 and place:
                place, last = place >> 1, last >> 1
        else:
            new = node_hash(new, each)
        place, last = place >> 1, last >> 1
    return last == 0 and old == first_root and new == second_root


def _path(index: int, start: int, size: int, kept: Hash) -> list[bytes]:
    """Of the leaf at `start + index`, in the subtree of so many leaves from `start` on."""
    if size == 1:
        return []
    left = _largest_power_below(size)
    if index < left:
        return [*_path(index, start, left, kept), _root(start + left, size - left, kept)]
    return [*_path(index - left, start + left, size - left, kept), _root(start, left, kept)]


def _subproof(first: int, start: int, size: int, kept: Hash, *, whole: bool) -> list[bytes]:
    if first == size:
        return [] if whole else [_root(start, size, kept)]
    left = _largest_power_below(size)
    if first <= left:
        return [
            *_subproof(first, start, left, kept, whole=whole),
            _root(start + left, size - left, kept),
        ]
    return [
        *_subproof(first - left, start + left, size - left, kept, whole=False),
        _root(start, left, kept),
    ]


def _root(start: int, size: int, kept: Hash) -> bytes:
    if size & (size - 1) == 0:
        return kept(size.bit_length() - 1, start + size)
    left = _largest_power_below(size)
    return node_hash(_root(start, left, kept), _root(start + left, size - left, kept))


def _largest_power_below(size: int) -> int:
    return 1 << (size - 1).bit_length() - 1
