"""Ed25519 keys and signatures. Needs ``pip install "sgdkit[sign]"``."""

import os
from pathlib import Path
from typing import Any

from sgdkit.exceptions import InvalidParameterError
from sgdkit.extras import import_extra

__all__ = ("generate_key", "has_signed", "public_key_of", "sign")


def generate_key(path: str | os.PathLike[str]) -> str:
    """Write a new private key, and its public key beside it with ``.pub`` behind its name.

    Parameters
    ----------
    path : str or path-like
        File of the private key: PEM, not encrypted, readable by its owner only. An existing file is kept.

    Returns
    -------
    str
        The public key, 64 hexadecimal digits.

    Raises
    ------
    InvalidParameterError
        When one of the files exists.
    ImportError
        Without the ``sign`` extra.
    """
    serialization, ed25519 = _library("Generating a key")
    path = Path(path)
    public_path = path.with_name(path.name + ".pub")
    for file in (path, public_path):
        if file.exists():
            raise InvalidParameterError(f"{file} exists, and a key is never replaced; give another name.")
    key = ed25519.Ed25519PrivateKey.generate()
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    public = key.public_key().public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    # Made readable by its owner alone from the first moment on.
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as stream:
        stream.write(private)
    public_path.write_bytes(public)
    return _hex(serialization, key.public_key())


def sign(message: bytes, path: str | os.PathLike[str]) -> str:
    """Return the signature of a message by the private key in a file, in hexadecimal digits."""
    serialization, _ = _library("Signing")
    return str(_private(serialization, path).sign(message).hex())


def public_key_of(source: str | os.PathLike[str]) -> str:
    """Return the public key of a private or public key file, or of 64 hexadecimal digits.

    Raises
    ------
    InvalidParameterError
        For a file that is missing or holds no such key.
    """
    text = os.fspath(source)
    if len(text) == 64 and all(digit in "0123456789abcdef" for digit in text):
        return text
    serialization, ed25519 = _library("Reading a key")
    content = _read(source)
    if b"PRIVATE KEY" in content:
        return _hex(serialization, _private(serialization, source).public_key())
    try:
        key = serialization.load_pem_public_key(content)
    except ValueError:
        key = None
    if not isinstance(key, ed25519.Ed25519PublicKey):
        raise InvalidParameterError(f"{text} holds no ed25519 key; `sgdkit ledger keygen` makes one.")
    return _hex(serialization, key)


def has_signed(public_key: str, signature: str, message: bytes) -> bool:
    """Whether a signature is that of a message by the owner of a public key, both in hexadecimal digits."""
    _, ed25519 = _library("Checking signatures")
    exceptions = import_extra("cryptography.exceptions", "sign", "Checking signatures")
    try:
        key = ed25519.Ed25519PublicKey.from_public_bytes(bytes.fromhex(public_key))
        key.verify(bytes.fromhex(signature), message)
    except (exceptions.InvalidSignature, ValueError):
        return False
    return True


def _private(serialization: Any, path: str | os.PathLike[str]) -> Any:
    try:
        key = serialization.load_pem_private_key(_read(path), password=None)
    except (ValueError, TypeError):  # no key, or an encrypted one
        key = None
    if not hasattr(key, "sign") or not hasattr(key, "private_bytes_raw"):
        raise InvalidParameterError(
            f"{os.fspath(path)} holds no ed25519 private key; `sgdkit ledger keygen` makes one."
        )
    return key


def _read(path: str | os.PathLike[str]) -> bytes:
    try:
        return Path(path).read_bytes()
    except FileNotFoundError:
        raise InvalidParameterError(
            f"There is no key at {os.fspath(path)!r}; `sgdkit ledger keygen {os.fspath(path)}` makes one."
        ) from None


def _hex(serialization: Any, public: Any) -> str:
    raw = public.public_bytes(serialization.Encoding.Raw, serialization.PublicFormat.Raw)
    return str(raw.hex())


def _library(purpose: str) -> tuple[Any, Any]:
    return (
        import_extra("cryptography.hazmat.primitives.serialization", "sign", purpose),
        import_extra("cryptography.hazmat.primitives.asymmetric.ed25519", "sign", purpose),
    )
