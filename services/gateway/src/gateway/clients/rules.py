"""Whom the gateway lets in, and for what: the refusals of the entrance."""

from shared.errors import Forbidden, Kind, Refusal, Text, TokenRefused


class PurposeUnknown(Refusal):
    kind = Kind.MALFORMED
    code = "purpose-unknown"
    title = Text("Tujuan pemrosesan tidak dikenal", "Purpose of use unknown")
    detail = Text(
        "Isi header Purpose-Of-Use dengan satu nilai dari: {known_purposes}.",
        "Give the Purpose-Of-Use header one value out of: {known_purposes}.",
    )


class PurposeNotRegistered(Forbidden):
    code = "purpose-not-registered"
    title = Text("Tujuan tidak terdaftar untuk Anda", "Purpose not registered for you")
    detail = Text(
        "Token Anda tidak memuat tujuan tersebut. Yang terdaftar: {registered_purposes}.",
        "Your token does not carry this purpose. Registered: {registered_purposes}.",
    )


class RateLimitExceeded(Refusal):
    kind = Kind.TOO_MANY
    code = "rate-limit-exceeded"
    title = Text("Terlalu banyak permintaan", "Too many requests")
    detail = Text(
        "Batas permintaan klien ini terlampaui. Ulangi setelah jeda di Retry-After.",
        "This client's request limit is used up. Repeat after the pause in Retry-After.",
    )


class HeaderRepeated(Refusal):
    kind = Kind.MALFORMED
    code = "header-repeated"
    title = Text("Header dikirim lebih dari sekali", "Header sent more than once")
    detail = Text(
        "Kirim header {header} sekali saja.",
        "Send the header {header} only once.",
    )


class TokenNotBound(TokenRefused):
    """A partner's token that whoever finds it could use."""

    code = "token-not-bound"
    title = Text("Token tidak terikat pada kunci", "Token not bound to a key")
    detail = Text(
        "Token sistem mitra harus terikat pada kunci pengirimnya. Mintalah token dengan bukti "
        "DPoP, lalu kirim sebagai 'Authorization: DPoP' beserta header DPoP.",
        "A partner system's token must be bound to its sender's key. Ask for the token with a "
        "DPoP proof, then send it as 'Authorization: DPoP' with a DPoP header.",
    )


class ProofRefused(TokenRefused):
    """Base of what can be wrong with a proof of possession (DPoP, RFC 9449)."""


class ProofMissing(ProofRefused):
    code = "proof-missing"
    title = Text("Bukti kepemilikan kunci tidak ada", "Proof of possession missing")
    detail = Text(
        "Token ini terikat pada sebuah kunci. Kirim sebagai 'Authorization: DPoP' dan sertakan "
        "bukti baru di header DPoP untuk setiap permintaan.",
        "This token is bound to a key. Send it as 'Authorization: DPoP' and add a fresh proof in "
        "the DPoP header to every request.",
    )


class ProofMalformed(ProofRefused):
    code = "proof-malformed"
    title = Text("Bukti kepemilikan kunci tidak sah", "Proof of possession not valid")
    detail = Text(
        "Header DPoP harus berisi satu JWT dengan typ dpop+jwt, jti, iat, kunci publik di jwk "
        "(P-256 dengan ES256, RSA 2048-4096 bit dengan PS256, atau Ed25519), ditandatangani oleh "
        "kunci itu.",
        "The DPoP header must hold one JWT of typ dpop+jwt with jti, iat and the public key in "
        "jwk (P-256 with ES256, RSA of 2048-4096 bits with PS256, or Ed25519), signed by that "
        "key.",
    )


class ProofForOtherKey(ProofRefused):
    code = "proof-for-other-key"
    title = Text("Bukti dibuat dengan kunci lain", "Proof made with another key")
    detail = Text(
        "Kunci pada bukti bukan kunci tempat token ini terikat. Tandatangani dengan kunci yang "
        "dipakai saat meminta token.",
        "The key of the proof is not the one that this token is bound to. Sign with the key that "
        "was used when the token was asked for.",
    )


class ProofForOtherRequest(ProofRefused):
    code = "proof-for-other-request"
    title = Text("Bukti dibuat untuk permintaan lain", "Proof made for another request")
    detail = Text(
        "htm harus metode permintaan ini, dan htu alamatnya tanpa query: alamat umum gateway "
        "{public_url} ditambah path.",
        "htm must be the method of this request, and htu its address without the query: the "
        "gateway's public address {public_url} and the path.",
    )


class ProofForOtherToken(ProofRefused):
    code = "proof-for-other-token"
    title = Text("Bukti dibuat untuk token lain", "Proof made for another token")
    detail = Text(
        "ath harus hash SHA-256 (base64url) dari token yang dikirim bersama bukti ini.",
        "ath must be the SHA-256 hash (base64url) of the token that is sent with this proof.",
    )


class ProofOutOfTime(ProofRefused):
    code = "proof-out-of-time"
    title = Text("Bukti terlalu lama atau dari masa depan", "Proof too old or from the future")
    detail = Text(
        "Bukti berlaku {lifetime_seconds} detik sejak iat. Buat bukti baru untuk setiap "
        "permintaan, dan cocokkan jam komputer Anda.",
        "A proof is good for {lifetime_seconds} seconds from its iat. Make a fresh one for every "
        "request, and set your computer's clock.",
    )


class ProofReplayed(ProofRefused):
    code = "proof-replayed"
    title = Text("Bukti sudah pernah dipakai", "Proof used before")
    detail = Text(
        "Setiap bukti berlaku untuk satu permintaan. Buat bukti dengan jti baru, juga saat "
        "mengulang permintaan yang sama.",
        "Each proof is good for one request. Make one with a new jti, also when you repeat the "
        "same request.",
    )
