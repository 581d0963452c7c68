"""Verifies an access token with PyJWT, by the keys that its issuer publishes; prints its claims as JSON.

usage: verify.py JWKS_URL ISSUER AUDIENCE TOKEN
"""

import json
import sys

import jwt

url, issuer, audience, token = sys.argv[1:]
key = jwt.PyJWKClient(url).get_signing_key_from_jwt(token)
header = jwt.get_unverified_header(token)
claims = jwt.decode(
    token,
    key,
    algorithms=["ES256"],
    issuer=issuer,
    audience=audience,
    options={"require": ["exp", "iat", "sub", "jti"]},
)
json.dump({"header": header, "claims": claims}, sys.stdout)
