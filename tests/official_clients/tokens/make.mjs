// Prints a JSON array of {maker, alg, claims, token}: what jose and jsonwebtoken make of each algorithm
// that the service knows, and some that it must refuse. Standard input: {secret, rsa, ec}, keys in PEM.

import { createPrivateKey } from "node:crypto";
import { readFileSync } from "node:fs";

import { SignJWT, UnsecuredJWT } from "jose";
import jsonwebtoken from "jsonwebtoken";

const { secret, rsa, ec } = JSON.parse(readFileSync(0, "utf8"));
const keys = {
  HS256: new TextEncoder().encode(secret),
  HS512: new TextEncoder().encode(secret.repeat(2)),
  RS256: createPrivateKey(rsa),
  PS256: createPrivateKey(rsa),
  ES256: createPrivateKey(ec),
};
const algorithms = Object.keys(keys);
const people = [
  { sub: "u1", role: "USER" },
  { userId: 42, role: "ADMIN" },
  { id: "c0ffee00-0000-4000-8000-000000000000", name: "Zo\u00eb \u{1F600}" },
];
const tokens = [];

for (const claims of people) {
  for (const alg of algorithms) {
    const token = await new SignJWT(claims).setProtectedHeader({ alg, typ: "JWT", kid: "k1" })
      .setIssuedAt().setNotBefore("-1s").setIssuer("https://site.example/")
      .setAudience(["verdicts", "others"]).setExpirationTime("5m").sign(keys[alg]);
    tokens.push({ maker: "jose", alg, claims, token });
    const key = alg.startsWith("HS") ? Buffer.from(keys[alg]) : keys[alg];
    tokens.push({
      maker: "jsonwebtoken", alg, claims,
      token: jsonwebtoken.sign(claims, key, {
        algorithm: alg, expiresIn: "5m", notBefore: 0, issuer: "https://site.example/",
        audience: "verdicts", keyid: "k1",
      }),
    });
  }
  tokens.push({
    maker: "jose", alg: "none", claims,
    token: new UnsecuredJWT(claims).setExpirationTime("5m").encode(),
  });
  tokens.push({
    maker: "jsonwebtoken", alg: "none", claims,
    token: jsonwebtoken.sign(claims, "", { algorithm: "none", expiresIn: "5m" }),
  });
}
const unbounded = { sub: "u1" };
tokens.push({
  maker: "jsonwebtoken", alg: "without exp", claims: unbounded,
  token: jsonwebtoken.sign(unbounded, secret, { algorithm: "HS256" }),
});
tokens.push({
  maker: "jsonwebtoken", alg: "expired", claims: unbounded,
  token: jsonwebtoken.sign(unbounded, secret, { algorithm: "HS256", expiresIn: -10 }),
});
process.stdout.write(JSON.stringify(tokens));
