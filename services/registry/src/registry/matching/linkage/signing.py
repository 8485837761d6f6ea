"""Signatures of model files (Ed25519, RFC 8032): who decides on links must be known to have been
trained by somebody who may. The signature lies beside the model; no private key is ever read by a
service.
"""

import base64
from pathlib import Path

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import load_pem_private_key, load_pem_public_key

from registry.matching.linkage.model import Model, read_model
from registry.matching.linkage.reading import InputRefused

SUFFIX = ".sig"


def signature_file(model: Path) -> Path:
    return model.with_name(model.name + SUFFIX)


def sign_model(model: Path, key: Path) -> Path:
    """Signs a model file as it is and gives the file of the signature; refuses a file that is no
    model, and a key that is no Ed25519 private key in PEM.
    """
    read_model(model)
    try:
        private = load_pem_private_key(key.read_bytes(), password=None)
    except (OSError, ValueError, TypeError):
        private = None
    if not isinstance(private, Ed25519PrivateKey):
        raise InputRefused(
            f"--key {key}: is no Ed25519 private key in PEM; make one with"
            " openssl genpkey -algorithm ed25519"
        )
    out = signature_file(model)
    out.write_bytes(base64.b64encode(private.sign(model.read_bytes())) + b"\n")
    return out


def read_signed_model(model: Path, public_key: Path) -> Model:
    """The model of a file whose signature verifies; refuses any other."""
    found = signature_file(model)
    public = _public_key(public_key)
    try:
        public.verify(base64.b64decode(found.read_bytes(), validate=False), model.read_bytes())
    except (OSError, ValueError, InvalidSignature) as error:
        raise InputRefused(
            f"model {model}: its signature {found.name} does not verify against {public_key}"
            f" ({type(error).__name__}); have it signed with registry-match sign"
        ) from None
    return read_model(model)


def _public_key(path: Path) -> Ed25519PublicKey:
    try:
        public = load_pem_public_key(path.read_bytes())
    except (OSError, ValueError):
        public = None
    if not isinstance(public, Ed25519PublicKey):
        raise InputRefused(f"public key {path}: is no Ed25519 public key in PEM; name one")
    return public
