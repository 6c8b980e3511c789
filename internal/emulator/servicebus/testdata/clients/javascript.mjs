// What the client @azure/service-bus must be able to do with the emulator.
// Environment: SERVICEBUS (connection string), CONTROL (where faults and the
// clock are turned), MODULES (folder of node_modules).
import assert from "node:assert/strict";
import { createRequire } from "node:module";
import { after, test } from "node:test";

const require = createRequire(process.env.MODULES + "/");
const { ServiceBusAdministrationClient, ServiceBusClient } = require("@azure/service-bus");

const retryOptions = { maxRetries: 3, retryDelayInMs: 50, timeoutInMs: 4000 };
const client = new ServiceBusClient(process.env.SERVICEBUS, { retryOptions });
after(() => client.close());

async function control(path, body) {
  const answer = await fetch(`${process.env.CONTROL}/_control/servicebus/${path}`, {
    method: "POST",
    body: JSON.stringify(body),
  });
  assert.equal(answer.status, 200, await answer.text());
}

async function send(entity, ...messages) {
  const sender = client.createSender(entity);
  for (const m of messages) await sender.sendMessages(m);
  await sender.close();
}

const receiver = (...where) => client.createReceiver(...where);

// take receives n messages.
async function take(from, n) {
  const all = [];
  while (all.length < n) {
    const got = await from.receiveMessages(n - all.length, { maxWaitTimeInMs: 5000 });
    assert.notEqual(got.length, 0, `received ${all.length} of ${n}`);
    all.push(...got);
  }
  return all;
}

async function empty(...where) {
  const r = client.createReceiver(...where, { receiveMode: "receiveAndDelete" });
  while ((await r.peekMessages(1)).length > 0) await r.receiveMessages(100, { maxWaitTimeInMs: 500 });
  await r.close();
}

const bodies = (messages) => messages.map((m) => m.body);

test("send, batch, peek, receive and complete", async () => {
  const sender = client.createSender("plain");
  const batch = await sender.createMessageBatch();
  assert.ok(batch.tryAddMessage({ body: 2 }) && batch.tryAddMessage({ body: { three: true } }));
  await sender.sendMessages({ body: "one", subject: "s", applicationProperties: { n: 1, b: true, t: "x" } });
  await sender.sendMessages(batch);
  const r = receiver("plain");
  assert.deepEqual(bodies(await r.peekMessages(10)), ["one", 2, { three: true }]);
  const got = await take(r, 3);
  assert.equal(got[0].subject, "s");
  assert.deepEqual(got[0].applicationProperties, { n: 1, b: true, t: "x" });
  assert.equal(got[0].deliveryCount, 0);
  for (const m of got) await r.completeMessage(m);
  assert.deepEqual(await r.peekMessages(1), []);
  await r.close();
});

test("a message of 200 KB", async () => {
  const body = "x".repeat(200_000);
  await send("plain", { body });
  const r = receiver("plain");
  const [m] = await take(r, 1);
  assert.equal(m.body, body);
  await r.completeMessage(m);
  await r.close();
});

test("abandon with properties until it is a dead letter", async () => {
  await send("plain", { body: "poison" });
  const r = receiver("plain");
  for (let i = 0; i < 3; i++) {
    const [m] = await take(r, 1);
    assert.equal(m.deliveryCount, i);
    assert.equal(m.applicationProperties?.tried, i === 0 ? undefined : i - 1);
    await r.abandonMessage(m, { tried: i });
  }
  const dead = receiver("plain", { subQueueType: "deadLetter" });
  const [m] = await take(dead, 1);
  assert.equal(m.deadLetterReason, "MaxDeliveryCountExceeded");
  await dead.completeMessage(m);
  await r.close();
  await dead.close();
});

test("dead-letter with a reason", async () => {
  await send("plain", { body: "bad" });
  const r = receiver("plain");
  const [m] = await take(r, 1);
  await r.deadLetterMessage(m, { deadLetterReason: "why", deadLetterErrorDescription: "because", more: 7 });
  const dead = receiver("plain", { subQueueType: "deadLetter" });
  const [d] = await take(dead, 1);
  assert.deepEqual([d.deadLetterReason, d.deadLetterErrorDescription, d.applicationProperties.more], ["why", "because", 7]);
  await dead.completeMessage(d);
  await r.close();
  await dead.close();
});

test("defer and receive by number", async () => {
  await send("plain", { body: "later" });
  const r = receiver("plain");
  const [m] = await take(r, 1);
  await r.deferMessage(m);
  const [again] = await r.receiveDeferredMessages(m.sequenceNumber);
  assert.equal(again.body, "later");
  await r.completeMessage(again);
  await r.close();
});

test("schedule and cancel", async () => {
  const sender = client.createSender("plain");
  const tomorrow = new Date(Date.now() + 86_400_000);
  const [keep, cancel] = await sender.scheduleMessages([{ body: "keep" }, { body: "cancel" }], tomorrow);
  await sender.cancelScheduledMessages(cancel);
  const r = receiver("plain");
  const peeked = await r.peekMessages(10);
  assert.deepEqual(bodies(peeked), ["keep"]);
  assert.equal(peeked[0].state, "scheduled");
  assert.ok(peeked[0].sequenceNumber.eq(keep));
  await sender.cancelScheduledMessages(keep);
  await r.close();
});

test("locks are renewed and lost", async () => {
  await send("plain", { body: "locked" });
  const r = receiver("plain");
  const [m] = await take(r, 1);
  const before = m.lockedUntilUtc;
  await control("clock", { advance: "5s" });
  assert.ok((await r.renewMessageLock(m)) > before);
  await control("clock", { advance: "2m" });
  await assert.rejects(r.completeMessage(m), { code: "MessageLockLost" });
  const [again] = await take(r, 1);
  assert.equal(again.deliveryCount, 1);
  await r.completeMessage(again);
  await r.close();
});

test("receive and delete", async () => {
  await send("plain", { body: "a" }, { body: "b" });
  const r = client.createReceiver("plain", { receiveMode: "receiveAndDelete" });
  assert.deepEqual(bodies(await take(r, 2)), ["a", "b"]);
  assert.deepEqual(await r.peekMessages(1), []);
  await r.close();
});

test("a subscriber of messages, in parallel", async () => {
  const r = receiver("plain");
  const seen = [];
  const done = new Promise((resolve, reject) => {
    r.subscribe(
      {
        processMessage: async (m) => {
          seen.push(m.body);
          if (seen.length === 50) resolve();
        },
        processError: async ({ error }) => reject(error),
      },
      { maxConcurrentCalls: 10 },
    );
  });
  await send("plain", ...Array.from({ length: 50 }, (_, i) => ({ body: i })));
  await done;
  assert.equal(new Set(seen).size, 50);
  await r.close();
});

test("messages expire", async () => {
  await send("plain", { body: "short", timeToLive: 60_000 });
  await control("clock", { advance: "1m" });
  const r = receiver("plain");
  assert.deepEqual(await r.peekMessages(10), []);
  await r.close();
});

test("duplicates are dropped inside the window", async () => {
  await send("unique", { body: 1, messageId: "same" }, { body: 2, messageId: "same" }, { body: 3, messageId: "other" });
  await control("clock", { advance: "1m" });
  await send("unique", { body: 4, messageId: "same" });
  const r = receiver("unique");
  assert.deepEqual(bodies(await r.peekMessages(10)), [1, 3, 4]);
  await r.close();
});

test("forwarding", async () => {
  await send("first", { body: "through" });
  const r = receiver("last");
  const [m] = await take(r, 1);
  assert.equal(m.body, "through");
  await r.completeMessage(m);
  await r.close();
});

test("sessions: named and next, order, state, renewal", async () => {
  await send("sessions", ...["a1", "b1", "a2", "b2"].map((body) => ({ body, sessionId: body[0] })));
  const a = await client.acceptSession("sessions", "a");
  assert.deepEqual(bodies(await take(a, 2)), ["a1", "a2"]);
  const next = await client.acceptNextSession("sessions");
  assert.equal(next.sessionId, "b");
  assert.equal(await a.getSessionState(), null);
  await a.setSessionState({ at: 1 });
  assert.deepEqual(await a.getSessionState(), { at: 1 });
  const before = a.sessionLockedUntilUtc;
  await control("clock", { advance: "5s" });
  assert.ok((await a.renewSessionLock()) > before);
  await assert.rejects(client.acceptSession("sessions", "a", { retryOptions }), { code: "SessionCannotBeLocked" });
  await next.close();
  await a.close();
  const again = await client.acceptSession("sessions", "a");
  assert.deepEqual(await again.getSessionState(), { at: 1 });
  for (const m of await take(again, 2)) await again.completeMessage(m);
  await again.close();
});

test("sessions: what the service refuses", async () => {
  await assert.rejects(send("sessions", { body: "no session" }), /SessionId/);
  const r = receiver("sessions");
  await assert.rejects(r.receiveMessages(1, { maxWaitTimeInMs: 500 }), /session/);
  await r.close();
});

test("dead letters of sessions are read without one", async () => {
  await send("sessions", { body: "dead", sessionId: "d" });
  const s = await client.acceptSession("sessions", "d");
  const [m] = await take(s, 1);
  await s.deadLetterMessage(m);
  await s.close();
  const dead = receiver("sessions", { subQueueType: "deadLetter" });
  const [d] = await take(dead, 1);
  assert.equal(d.sessionId, "d");
  await dead.completeMessage(d);
  await dead.close();
});

test("rules over AMQP", async () => {
  const rules = client.createRuleManager("news", "some");
  await rules.createRule("big", { sqlExpression: "size > 10 AND kind IN ('a', 'b')" }, { sqlExpression: "SET seen = 'yes'" });
  await rules.createRule("urgent", { subject: "urgent" });
  await rules.deleteRule("$Default");
  const names = [];
  for await (const rule of rules.listRules()) names.push(rule.name);
  assert.deepEqual(names.sort(), ["big", "urgent"]);
  await send(
    "news",
    { body: "big", applicationProperties: { size: 11, kind: "b" } },
    { body: "small", applicationProperties: { size: 9, kind: "b" } },
    { body: "urgent", subject: "urgent" },
  );
  const all = receiver("news", "all");
  const some = receiver("news", "some");
  assert.deepEqual(bodies(await all.peekMessages(10)), ["big", "small", "urgent"]);
  const got = await some.peekMessages(10);
  assert.deepEqual(bodies(got), ["big", "urgent"]);
  assert.equal(got[0].applicationProperties.seen, "yes");
  await all.close();
  await some.close();
});

test("what is not there is said", async () => {
  await assert.rejects(send("nowhere", { body: "x" }), { code: "MessagingEntityNotFound" });
});

test("a dropped connection and a detached link are made again", async () => {
  const sender = client.createSender("plain");
  const r = receiver("plain");
  await sender.sendMessages({ body: 1 });
  await control("faults", { kind: "drop", times: 1 });
  await sender.sendMessages({ body: 2 });
  await control("faults", { kind: "detachForced", entity: "plain", times: 1 });
  await sender.sendMessages({ body: 3 });
  await control("faults", { kind: "refuse", error: "com.microsoft:server-busy", method: "send", times: 1 });
  await sender.sendMessages({ body: 4 });
  assert.deepEqual(bodies(await take(r, 4)).sort(), [1, 2, 3, 4]);
  await r.close();
  await sender.close();
  await empty("plain");
});

test("administration", async () => {
  const admin = new ServiceBusAdministrationClient(process.env.SERVICEBUS);
  const made = await admin.createQueue("made", { lockDuration: "PT2M", maxDeliveryCount: 7, requiresSession: true });
  assert.deepEqual([made.lockDuration, made.maxDeliveryCount, made.requiresSession], ["PT2M", 7, true]);
  await assert.rejects(admin.createQueue("made"), { code: "MessageEntityAlreadyExistsError" });
  made.maxDeliveryCount = 8;
  assert.equal((await admin.updateQueue(made)).maxDeliveryCount, 8);
  assert.equal(await admin.queueExists("made"), true);
  await send("made", { body: "x", sessionId: "1" });
  assert.equal((await admin.getQueueRuntimeProperties("made")).activeMessageCount, 1);
  const names = [];
  for await (const q of admin.listQueues()) names.push(q.name);
  assert.ok(names.includes("made") && names.includes("plain"), names.join());
  await admin.deleteQueue("made");
  assert.equal(await admin.queueExists("made"), false);
  await admin.createTopic("made/topic");
  await admin.createSubscription("made/topic", "sub", { forwardTo: "last" });
  await admin.createRule("made/topic", "sub", "r", { sqlExpression: "a = 1" });
  const rules = [];
  for await (const r of admin.listRules("made/topic", "sub")) rules.push(r.name);
  assert.deepEqual(rules.sort(), ["$Default", "r"]);
  await admin.deleteTopic("made/topic");
  assert.equal(await admin.topicExists("made/topic"), false);
  assert.equal((await admin.getNamespaceProperties()).messagingSku, "Standard");
});
