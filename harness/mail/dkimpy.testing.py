"""Messages signed by dkimpy, and changed on their way, with what dkimpy itself says of each signature; JSON, one list."""

import base64
import json
import sys

import dkim

KEYS, MESSAGE = sys.argv[1:3]


def key(name):
    with open(f"{KEYS}/{name}", "rb") as f:
        return f.read()


with open(MESSAGE, "rb") as f:
    message = f.read().replace(b"\r\n", b"\n").replace(b"\n", b"\r\n")

rsa = "v=DKIM1; k=rsa; p=" + key("rsa.public").decode().strip()
ed25519 = "v=DKIM1; k=ed25519; p=" + key("ed25519.public").decode().strip()
host = "s1._domainkey.shop.test"

# What becomes of a signed message.
changes = {
    "as it was signed": lambda m: m,
    "a line more": lambda m: m + b"more\r\n",
    "empty lines more": lambda m: m + b"\r\n\r\n",
    "another subject": lambda m: m.replace(b"\r\nSubject: ", b"\r\nSubject: Re: "),
    "a field folded anew": lambda m: m.replace(b"\r\nSubject: ", b"\r\nSubject:\r\n "),
    "a name in capitals": lambda m: m.replace(b"\r\nSubject: ", b"\r\nSUBJECT: "),
    "spaces at the ends of lines": lambda m: m.replace(b"hungry", b"hungry  ").replace(b".\r\n", b". \r\n"),
    "another From on top": lambda m: b"From: other@shop.test\r\n" + m,
    "an unsigned field more": lambda m: b"X-More: x\r\n" + m,
    "signed twice": None,
}

# What DNS says of the key.
records = {
    "no key": None,
    "a revoked key": "v=DKIM1; k=rsa; p=",
    "another key": "v=DKIM1; k=rsa; p=" + key("other.public").decode().strip(),
    "a key of another kind": ed25519,
    "a key for SHA-1 alone": rsa.replace("k=rsa", "k=rsa; h=sha1"),
    "a key for another service": rsa.replace("k=rsa", "k=rsa; s=tlsrpt"),
    "a key in testing": rsa.replace("k=rsa", "k=rsa; t=y"),
    "a key of another version": rsa.replace("DKIM1", "DKIM2"),
    "a key without its version": rsa.replace("v=DKIM1; ", ""),
    "a record that is none": "hello",
}

vectors = []


def add(name, raw, dns):
    verdicts = []
    verifier = dkim.DKIM(raw)
    count = sum(1 for field, _ in verifier.headers if field.lower() == b"dkim-signature")
    for idx in range(count):
        try:
            verdicts.append(bool(dkim.DKIM(raw).verify(idx, dnsfunc=lambda q, timeout=5: dns.get(q.decode().rstrip(".")))))
        except Exception:  # of its own, and of the libraries below it: it does not pass
            verdicts.append(False)
    vectors.append({"name": name, "raw": base64.b64encode(raw).decode(), "dns": {k: v for k, v in dns.items() if v is not None}, "verdicts": verdicts})


def signed(raw, algorithm, canonicalization, length=False):
    private = key("ed25519.private").strip() if algorithm.startswith(b"ed25519") else key("rsa.private")
    return dkim.sign(raw, b"s1", b"shop.test", private, canonicalize=canonicalization, signature_algorithm=algorithm, length=length) + raw


simple, relaxed = b"simple", b"relaxed"
for algorithm, record in ((b"rsa-sha256", rsa), (b"ed25519-sha256", ed25519)):
    for canonicalization in ((simple, simple), (simple, relaxed), (relaxed, simple), (relaxed, relaxed)):
        for what, change in changes.items():
            once = signed(message, algorithm, canonicalization)
            raw = signed(once, algorithm, canonicalization) if change is None else change(once)
            way = f"{algorithm.decode()}, {canonicalization[0].decode()}/{canonicalization[1].decode()}"
            add(f"{way}, {what}", raw, {host: record})
plain = signed(message, b"rsa-sha256", (relaxed, relaxed))
for what, record in records.items():
    add(what, plain, {host: record})
add("signed with SHA-1", signed(message, b"rsa-sha1", (relaxed, relaxed)), {host: rsa})
add("a part of the body is signed", signed(message, b"rsa-sha256", (relaxed, relaxed), True) + b"more\r\n", {host: rsa})
json.dump(vectors, sys.stdout)
