"""A server of the Python SDK, with the bearer authentication that it has: probed as ours is.

Wants ISSUER, AUDIENCE (its URL) and PORT in the environment.
"""

import asyncio
import json
import os
import urllib.request

import jwt
from mcp.server.auth.provider import AccessToken, TokenVerifier
from mcp.server.auth.settings import AuthSettings
from mcp.server.mcpserver import MCPServer

ISSUER, AUDIENCE, PORT = (os.environ[name] for name in ("ISSUER", "AUDIENCE", "PORT"))


def keys():
    with urllib.request.urlopen(f"{ISSUER}/jwks", timeout=10) as answer:
        return jwt.PyJWKSet.from_dict(json.load(answer))


class Verifier(TokenVerifier):
    def __init__(self, published):
        self.key = published.keys[0].key

    async def verify_token(self, token):
        try:
            claims = jwt.decode(token, self.key, ["RS256"], audience=AUDIENCE, issuer=ISSUER)
        except jwt.PyJWTError:
            return None
        return AccessToken(
            token=token,
            client_id=claims["client_id"],
            scopes=claims.get("scope", "").split(),
            expires_at=claims["exp"],
            subject=claims["sub"],
            claims=claims,
        )


def main():
    settings = AuthSettings(issuer_url=ISSUER, resource_server_url=AUDIENCE)
    server = MCPServer("probed", token_verifier=Verifier(keys()), auth=settings)
    asyncio.run(server.run_streamable_http_async(host="127.0.0.1", port=int(PORT)))


main()
