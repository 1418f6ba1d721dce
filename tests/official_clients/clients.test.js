// The stand-in for Upstash's REST API against Upstash's own client, that against ioredis on the same
// Redis. tests/e2e/rest_store_test.py starts what this needs and names it in the environment.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";

import { Redis as Upstash } from "@upstash/redis";
import IORedis from "ioredis";

const { REST_URL: url, REST_TOKEN: token, REDIS_SOCKET, ENTRY_KEY, ENTRY_SCORE } = process.env;

/** As `url` and `token` are used by a site; no retries, so that failures are seen. */
const client = (options = {}) =>
  new Upstash({ url, token, retry: false, enableTelemetry: false, automaticDeserialization: false,
    ...options });

let rest;
let tcp;

before(() => {
  rest = client();
  tcp = new IORedis(REDIS_SOCKET);
});
after(() => tcp.quit());

test("what one sets, the other gets", async () => {
  for (const value of ["plain", "", "caf\u00e9 \u{1F600} \"quoted\"\\\n\0", "OK", "123", "x".repeat(200_000)]) {
    assert.equal(await rest.set("a", value), "OK");
    assert.equal(await tcp.get("a"), value);
    await tcp.set("b", value);
    assert.equal(await rest.get("b"), value);
  }
  assert.equal(await rest.get("nothing"), null);
});

test("lives, numbers, hashes, lists", async () => {
  await rest.set("n", 5, { ex: 100 });
  assert.ok((await tcp.ttl("n")) > 95);
  assert.equal(await rest.incrby("n", 37), 42);
  assert.equal(await tcp.get("n"), "42");
  await rest.hset("h", { one: 1, two: "zwei" });
  assert.deepEqual(await tcp.hgetall("h"), { one: "1", two: "zwei" });
  assert.deepEqual(await rest.hgetall("h"), ["one", "1", "two", "zwei"]);
  const reading = client({ automaticDeserialization: true });
  assert.deepEqual(await reading.hgetall("h"), { one: 1, two: "zwei" });
  await tcp.rpush("l", "x", "y");
  assert.deepEqual(await rest.lrange("l", 0, -1), ["x", "y"]);
  assert.deepEqual(await rest.mget("n", "nothing"), ["42", null]);
});

test("a pipeline answers each of its commands", async () => {
  const pipeline = rest.pipeline();
  pipeline.set("p", "1").incr("p").get("p").exists("nothing");
  assert.deepEqual(await pipeline.exec(), ["OK", 2, "2", 0]);
  const failing = rest.pipeline();
  failing.set("p", "text").incr("p").get("p");
  const [first, second, third] = await failing.exec({ keepErrors: true });
  assert.equal(first.result, "OK");
  assert.match(second.error, /not an integer/);
  assert.equal(third.result, "text");
});

test("a transaction is all or nothing", async () => {
  assert.deepEqual(await rest.multi().set("m", "1").incr("m").exec(), ["OK", 2]);
  assert.equal(await tcp.get("m"), "2");
  // The official client has no method for a command that does not exist: asked without it.
  const refused = await fetch(`${url}/multi-exec`, {
    method: "POST",
    headers: { Authorization: `Bearer ${token}` },
    body: JSON.stringify([["SET", "m", "9"], ["NONSENSE"]]),
  });
  assert.equal(refused.status, 400);
  assert.match((await refused.json()).error, /NONSENSE/);
  assert.equal(await tcp.get("m"), "2");
});

test("scripts run by text and by digest", async () => {
  const script = "redis.call('SET', KEYS[1], ARGV[1]) return {KEYS[1], ARGV[1], 7}";
  assert.deepEqual(await rest.eval(script, ["s"], ["v"]), ["s", "v", 7]);
  assert.equal(await tcp.get("s"), "v");
  const digest = await tcp.script("LOAD", script);
  assert.deepEqual(await rest.evalsha(digest, ["s"], ["w"]), ["s", "w", 7]);
  await assert.rejects(rest.evalsha("0".repeat(40), [], []), /NOSCRIPT/);
});

test("scans page by page", async () => {
  const [cursor, keys] = await rest.scan(0, { match: "p*", count: 1000 });
  assert.equal(cursor, "0");
  assert.deepEqual(keys, ["p"]);
});

test("without base64 too, and what is no text becomes replacement characters", async () => {
  const plain = client({ responseEncoding: false });
  await tcp.set("bytes", Buffer.from([0x61, 0xff, 0x62]));
  assert.equal(await plain.get("bytes"), "a\uFFFDb");
  await tcp.set("text", "caf\u00e9");
  assert.equal(await plain.get("text"), "caf\u00e9");
});

test("a wrong token and a wrong command are errors of the client", async () => {
  await assert.rejects(client({ token: "wrong" }).get("a"), /WRONGPASS/);
  await assert.rejects(rest.incr("l"), /WRONGTYPE/);
});

test("subscribers hear what is published either way", async () => {
  const subscription = rest.subscribe(["events"]);
  const heard = [];
  await new Promise((resolve, reject) => {
    subscription.on("error", reject);
    subscription.on("message", ({ message }) => {
      heard.push(message);
      if (heard.length === 2) resolve();
    });
    subscription.on("subscribe", async () => {
      await rest.publish("events", "over-rest");
      await tcp.publish("events", "over-tcp");
    });
  });
  assert.deepEqual(heard, ["over-rest", "over-tcp"]);
  await subscription.unsubscribe();
});

test("a verdict that the service wrote is plain JSON to both, and an object to Upstash's", async () => {
  const entry = await client({ automaticDeserialization: true }).get(ENTRY_KEY);
  assert.equal(entry.aiScore, Number(ENTRY_SCORE));
  assert.equal(entry.isAi, entry.aiScore >= 50);
  assert.equal(`analysis:${entry.cache.sha256}`, ENTRY_KEY);
  assert.deepEqual(JSON.parse(await tcp.get(ENTRY_KEY)), entry);
  const ttl = await rest.ttl(ENTRY_KEY);
  assert.ok(ttl > 604_700 && ttl <= 604_800, String(ttl));
});
