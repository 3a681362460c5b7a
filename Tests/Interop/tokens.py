"""Cross-checks tokens both ways with PyJWT and joserfc.

usage: tokens.py SOCKET KEYS

The sidecar at SOCKET has one key of each algorithm, each in KEYS as ALG.jwk and named ALG. Prints a
line for each algorithm, and fails at the first difference.
"""

import glob
import json
import os
import socket
import sys
import time

import jwt
from joserfc import jwe
from joserfc import jwt as rfc
from joserfc.jwk import KeySet, import_key

CLAIMS = {"role": "admin", "n": 9007199254740993, "list": [], "text": 'ä " \\ 😀', "deep": {"a": [1, {}]}}


class Sidecar:
    def __init__(self, path):
        connection = socket.socket(socket.AF_UNIX)
        connection.connect(path)
        self.stream = connection.makefile("rw", encoding="utf-8")

    def call(self, method, **params):
        request = {"jsonrpc": "2.0", "id": 1, "method": method, "params": params}
        self.stream.write(json.dumps(request) + "\n")
        self.stream.flush()
        return json.loads(self.stream.readline())


def check(condition, what):
    if not condition:
        sys.exit("differs: " + what)


def holds(claims, more):
    return all(claims.get(name) == value for name, value in {**CLAIMS, **more}.items())


def flipped(token):
    """The token with one bit of its signature, or of its tag, changed."""
    head, _, tail = token.rpartition(".")
    return head + "." + ("B" if tail[0] == "A" else "A") + tail[1:]


def main(path, folder):
    sidecar = Sidecar(path)
    secrets = {}
    for file in glob.glob(os.path.join(folder, "*.jwk")):
        with open(file, encoding="utf-8") as stream:
            secrets[os.path.basename(file)[: -len(".jwk")]] = json.load(stream)
    published = {key["kid"]: key for key in sidecar.call("jwt.jwks")["result"]["keys"]}
    KeySet.import_key_set({"keys": list(published.values())})
    for key in published.values():
        check(not {"d", "k", "p", "q"} & set(key), "a key set without secrets")
    sealing = import_key(secrets["A256GCM"])
    headers = {"alg": "dir", "enc": "A256GCM", "cty": "JWT", "kid": "A256GCM"}

    for alg, secret in sorted(secrets.items()):
        if alg == "A256GCM":
            continue
        # A public key comes from the key set, as it does for other verifiers.
        public = published.get(alg, secret)
        check((alg in published) == (secret["kty"] != "oct"), alg + " in the key set")
        verifying, signing = jwt.PyJWK(public, alg), jwt.PyJWK(secret, alg)
        rfc_verifying, rfc_signing = import_key(public), import_key(secret)

        for seal in (False, True):
            answer = sidecar.call(
                "jwt.sign", claims=CLAIMS, subject="user:1", audience=["web", "app"], keyId=alg, seal=seal
            )["result"]
            token = answer["token"]
            if seal:
                opened = jwe.decrypt_compact(token, sealing, algorithms=["dir", "A256GCM"])
                check(opened.protected["cty"] == "JWT", alg + " sealed")
                token = opened.plaintext.decode()
            more = {"sub": "user:1", "aud": ["web", "app"], "jti": answer["jti"]}
            claims = jwt.decode(
                token, verifying, algorithms=[alg], audience="app", options={"require": ["exp", "iat", "jti"]}
            )
            check(holds(claims, more), alg + " read by PyJWT")
            decoded = rfc.decode(token, rfc_verifying, algorithms=[alg])
            rfc.JWTClaimsRegistry(aud={"essential": True, "value": "app"}).validate(decoded.claims)
            check(holds(decoded.claims, more), alg + " read by joserfc")
            check(decoded.header == {"alg": alg, "typ": "JWT", "kid": alg}, alg + " header")
            try:
                jwt.decode(flipped(token), verifying, algorithms=[alg], audience="app")
                check(False, alg + " changed, and PyJWT takes it")
            except jwt.InvalidTokenError:
                pass

        now = int(time.time())
        theirs = {**CLAIMS, "sub": "user:2", "iat": now, "exp": now + 60, "jti": "their-" + alg}
        header = {"alg": alg, "kid": alg, "typ": "JWT"}
        tokens = {
            "PyJWT": jwt.encode(theirs, signing.key, algorithm=alg, headers={"kid": alg}),
            "joserfc": rfc.encode(header, theirs, rfc_signing, algorithms=[alg]),
        }
        for name, token in list(tokens.items()):
            tokens[name + ", sealed"] = jwe.encrypt_compact(
                headers, token, sealing, algorithms=["dir", "A256GCM"]
            )
        for name, token in tokens.items():
            answer = sidecar.call("jwt.verify", token=token)
            check(answer.get("result", {}).get("claims") == theirs, alg + " of " + name)
            answer = sidecar.call("jwt.verify", token=flipped(token))
            reason = answer.get("error", {}).get("data", {}).get("reason")
            check(reason == "TOKEN_INVALID", alg + " of " + name + ", changed")
        print(alg, "agrees")


main(*sys.argv[1:])
