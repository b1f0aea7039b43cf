"""The tree of hashes, against the published vectors of RFC 6962 and against its definition."""

from collections.abc import Sequence

import pytest

from registry.domain.merkle import (
    EMPTY_ROOT,
    Growing,
    consistency_path,
    consistent,
    inclusion_path,
    leaf_hash,
    node_hash,
    root_from,
    root_of,
)

LEAVES = [bytes.fromhex(each) for each in ("", "00", "10", "2021", "3031", "40414243", "5051525354555657")]
LEAVES.append(bytes(range(0x60, 0x70)))
ROOTS = [
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
]
"""Of the first 1, 2 … 8 leaves, as the reference implementation of Certificate Transparency tests them."""
MOST = 35


def defined(leaves: Sequence[bytes]) -> bytes:
    """RFC 6962 2.1, word for word."""
    if not leaves:
        return EMPTY_ROOT
    if len(leaves) == 1:
        return leaves[0]
    left = 1
    while 2 * left < len(leaves):
        left *= 2
    return node_hash(defined(leaves[:left]), defined(leaves[left:]))


HASHES = [leaf_hash(str(nth).encode()) for nth in range(MOST)]


def kept(level: int, end: int) -> bytes:
    return defined(HASHES[end - 2**level : end])


@pytest.mark.parametrize("size", range(1, 9))
def test_the_root_is_that_of_the_published_vectors(size: int) -> None:
    assert root_of(map(leaf_hash, LEAVES[:size])).hex() == ROOTS[size - 1]


def test_the_empty_tree_has_the_hash_of_nothing() -> None:
    assert root_of([]).hex() == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"


def test_a_tree_that_grows_gives_every_full_subtree_once() -> None:
    tree, seen = Growing(), {}
    for nth, leaf in enumerate(HASHES):
        for level, root in enumerate(tree.add(leaf)):
            seen[level, nth + 1] = root
        assert tree.root() == defined(HASHES[: nth + 1])
        assert Growing(tree.size, tree.peaks).root() == tree.root()
    assert all(root == kept(*place) for place, root in seen.items())
    assert {(level, end) for level in range(6) for end in range(2**level, MOST + 1, 2**level)} == set(seen)


def test_every_leaf_of_every_tree_is_shown_to_be_in_it_and_no_other_is() -> None:
    for size in range(1, MOST + 1):
        root = defined(HASHES[:size])
        for index in range(size):
            path = inclusion_path(index, size, kept)
            assert root_from(HASHES[index], index, size, path) == root
            assert root_from(leaf_hash(b"another"), index, size, path) != root
            assert root_from(HASHES[index], index, size, [*path, root]) is None
            if path:
                assert root_from(HASHES[index], index, size, path[:-1]) != root
                assert root_from(HASHES[index], (index + 1) % size, size, path) != root


def test_every_tree_is_shown_to_begin_with_every_smaller_one() -> None:
    for second in range(1, MOST + 1):
        for first in range(1, second + 1):
            path = consistency_path(first, second, kept)
            roots = defined(HASHES[:first]), defined(HASHES[:second])
            assert consistent(first, roots[0], second, roots[1], path)
            if first < second:
                assert not consistent(first, leaf_hash(b"another"), second, roots[1], path)
                assert not consistent(first, roots[0], second, leaf_hash(b"another"), path)
                assert not consistent(first, roots[0], second, roots[1], path[:-1])


def test_a_proof_is_asked_only_of_what_the_tree_holds() -> None:
    with pytest.raises(ValueError, match="no leaf 3"):
        inclusion_path(3, 3, kept)
    with pytest.raises(ValueError, match="does not begin"):
        consistency_path(4, 3, kept)
    assert root_from(HASHES[0], 1, 1, []) is None
    assert not consistent(0, EMPTY_ROOT, 3, defined(HASHES[:3]), [])
