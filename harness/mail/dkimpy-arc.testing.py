"""Messages sealed by dkimpy, and changed on their way, with what dkimpy itself says of each chain; JSON, one list."""

import base64
import json
import re
import sys

import dkim

KEYS, MESSAGE = sys.argv[1:3]


def key(name):
    with open(f"{KEYS}/{name}", "rb") as f:
        return f.read()


with open(MESSAGE, "rb") as f:
    message = f.read().replace(b"\r\n", b"\n").replace(b"\n", b"\r\n")

rsa = "v=DKIM1; k=rsa; p=" + key("rsa.public").decode().strip()
other = "v=DKIM1; k=rsa; p=" + key("other.public").decode().strip()
hosts = {f"s{n}._domainkey.hop{n}.test": rsa for n in range(1, 52)}
vectors = []


def add(name, raw, dns=hosts):
    try:
        verdict, _, _ = dkim.arc_verify(raw, dnsfunc=lambda q, timeout=5: dns.get(q.decode().rstrip(".")))
    except Exception:  # of its own, and of the libraries below it: it does not pass
        verdict = dkim.CV_Fail
    # Where a seal says that the chain is broken, dkimpy says None: it has ended.
    vectors.append({"name": name, "raw": base64.b64encode(raw).decode(), "dns": dns, "verdict": (verdict or dkim.CV_Fail).decode()})


def seal(raw, n, claim=None, headers=None):
    """The set of hop n on top, which says `claim` of what came."""
    claim = claim or ("none" if n == 1 else "pass")
    results = b"Authentication-Results: hop%d.test; spf=pass smtp.mailfrom=shop.test; dkim=pass header.d=shop.test; dmarc=pass header.from=shop.test" % n
    if claim != "none":
        results += b"; arc=" + claim.encode()
    fields = dkim.arc_sign(results + b"\r\n" + raw, b"s%d" % n, b"hop%d.test" % n, key("rsa.private"), b"hop%d.test" % n, include_headers=headers)
    return b"".join(field.rstrip(b"\r\n") + b"\r\n" for field in fields) + raw


def chain(count, raw=message):
    for n in range(1, count + 1):
        raw = seal(raw, n)
    return raw


def field(raw, name, n):
    """A field of a set, with its folds."""
    for found in re.finditer(rb"(?im)^" + name + rb":.*\r\n(?:[ \t].*\r\n)*", raw):
        if re.search(rb"[:;\s]i\s*=\s*%d\s*;" % n, found.group()):
            return found.group()
    raise LookupError((name, n))


def without(raw, n, *names):
    for name in names:
        raw = raw.replace(field(raw, name, n), b"", 1)
    return raw


SEAL, SIGNATURE, RESULTS = b"ARC-Seal", b"ARC-Message-Signature", b"ARC-Authentication-Results"
SET = (SEAL, SIGNATURE, RESULTS)


def spoiled(raw, name, n):
    """One octet of its b= is another."""
    was = field(raw, name, n)
    at = was.rindex(b" b=") + 9
    return raw.replace(was, was[:at] + (b"A" if was[at : at + 1] != b"A" else b"B") + was[at + 1 :], 1)


def said(raw, n, claim):
    was = field(raw, SEAL, n)
    return raw.replace(was, re.sub(rb"cv=\w+", b"cv=" + claim, was), 1)


add("not sealed", message)
for count in (1, 2, 3, 5):
    whole = chain(count)
    way = f"{count} sets"
    add(f"{way}, as they were set", whole)
    add(f"{way}, a line more", whole + b"more\r\n")
    add(f"{way}, empty lines more", whole + b"\r\n\r\n")
    add(f"{way}, another subject", whole.replace(b"\r\nSubject: ", b"\r\nSubject: Re: "))
    add(f"{way}, a field folded anew", whole.replace(b"\r\nSubject: ", b"\r\nSubject:\r\n "))
    add(f"{way}, an unsigned field more", b"X-More: x\r\n" + whole)
    add(f"{way}, another From on top", b"From: other@shop.test\r\n" + whole)
    add(f"{way}, the fields in another order", b"".join(field(whole, name, n) for name in (RESULTS, SEAL, SIGNATURE) for n in range(1, count + 1)) + message)
    for n in sorted({1, count}):
        for name in SET:
            add(f"{way}, without {name.decode()} of set {n}", without(whole, n, name))
            add(f"{way}, {name.decode()} of set {n} twice", field(whole, name, n) + whole)
        add(f"{way}, without set {n}", without(whole, n, *SET))
        add(f"{way}, seal {n} spoiled", spoiled(whole, SEAL, n))
        add(f"{way}, signature {n} spoiled", spoiled(whole, SIGNATURE, n))
        add(f"{way}, other results in set {n}", whole.replace(field(whole, RESULTS, n), field(whole, RESULTS, n).replace(b"spf=pass", b"spf=fail"), 1))
        for claim in (b"none", b"pass", b"fail"):
            add(f"{way}, seal {n} changed to cv={claim.decode()}", said(whole, n, claim))
        host = f"s{n}._domainkey.hop{n}.test"
        add(f"{way}, no key for set {n}", whole, {k: v for k, v in hosts.items() if k != host})
        add(f"{way}, another key for set {n}", whole, {**hosts, host: other})
        add(f"{way}, a revoked key for set {n}", whole, {**hosts, host: "v=DKIM1; p="})

# What is changed between two hops is theirs to change.
add("a list writes into the subject and seals", seal(chain(1).replace(b"\r\nSubject: ", b"\r\nSubject: [list] "), 2))
add("a list adds to the body and seals", seal(chain(2) + b"-- \r\nlist\r\n", 3))
add("a broken seal is sealed as passing", seal(spoiled(chain(1), SEAL, 1), 2))
add("a broken seal is sealed as broken", seal(spoiled(chain(1), SEAL, 1), 2, "fail"))
add("a broken chain is sealed on", seal(seal(spoiled(chain(1), SEAL, 1), 2, "fail"), 3, "pass"))
add("a sound chain is sealed as broken", seal(chain(1), 2, "fail"))
add("a signature of fewer fields", seal(message, 1, headers=[b"from"]))
add("a field is signed that is not there, and added", b"Reply-To: other@shop.test\r\n" + seal(message, 1, headers=[b"from", b"reply-to"]))
add("50 sets", chain(50))
add("a set 51 alone", seal(message, 1).replace(b"i=1;", b"i=51;"))
json.dump(vectors, sys.stdout)
