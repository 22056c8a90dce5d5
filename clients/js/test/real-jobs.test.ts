import assert from "node:assert/strict";
import { after, before, test } from "node:test";

import { ConflictError } from "webplug";
import { receiver, scene, start, until, type Running } from "./support/webplug.js";

let running: Running;
before(async () => { running = await start(); });
after(async () => { await running.stop(); });

/** A scene with some messages that failed for good, and their endpoint able again. */
async function failed(count: number) {
  const all = await scene(running);
  const to = await receiver();
  const endpoint = await all.wp.endpoints.create({ userId: all.user.id, url: to.url, eventTypes: ["card_issued"] });
  to.state.options.secret = (await all.wp.endpoints.secret(endpoint.id)).secret;
  to.state.status = 410; // ends a delivery at once, and pauses the endpoint
  const since = new Date(Date.now() - 1_000);
  const ids: string[] = [];
  for (let i = 0; i < count; i++) {
    const { id } = await all.wp.messages.publish({ type: "card_issued", userId: all.user.id, payload: { i } });
    await until("the failure", async () => (await all.wp.messages.get(id)).status === "failed");
    await all.wp.endpoints.resume(endpoint.id);
    ids.push(id);
  }
  to.state.status = 200;
  return { ...all, to, endpoint, ids, since };
}

test("a batch is published, each message for itself", async () => {
  const { wp, user } = await scene(running);
  const batch = [
    { type: "card_issued", payload: { n: 1n }, userId: user.id }, { type: "unknown", payload: 2 },
    { type: "card_issued", payload: 3, idempotencyKey: "three" },
  ];
  const results = await wp.messages.publishBatch(batch, { idempotencyKey: "batch-1" });
  assert.equal(results.length, 3);
  assert.match(results[0]?.id ?? "", /^msg_/);
  assert.equal(results[1]?.problem?.status, 422);
  assert.match(results[1].problem.requestId, /./);
  assert.match(results.meta.position ?? "", /@/);
  const again = await wp.messages.publishBatch(batch, { idempotencyKey: "batch-1" });
  assert.deepEqual(again.map((one) => one.id), results.map((one) => one.id));
  assert.equal((await wp.messages.publish({ type: "card_issued", payload: 3 }, { idempotencyKey: "three" })).id, results[2]?.id);
});

test("dead letters are counted by cause, and a filter's all retried or discarded by a job", async () => {
  const { wp, to, endpoint, ids } = await failed(3);
  const { data: groups, more } = await wp.deadLetters.groups({ endpointId: endpoint.id });
  assert.deepEqual(groups.map(({ endpointId, cause, count }) => ({ endpointId, cause, count })), [{ endpointId: endpoint.id, cause: "http_410", count: 3 }]);
  assert.equal(more, false);
  assert.equal((await wp.deadLetters.retry({ filter: { cause: "http_410" }, dryRun: true })).count, 3);
  assert.equal(to.got.length, 3);

  const one = await wp.deadLetters.discard({ filter: { messageId: ids[0] ?? "" }, reason: "not needed" });
  assert.equal(one.count, 1);
  assert.equal((await wp.jobs.wait(one.jobId)).done, 1);
  const rest = await wp.deadLetters.retry({ filter: { since: new Date(0), eventType: "card_issued" } });
  const job = await wp.jobs.wait(rest.jobId, { everyMs: 20 });
  assert.equal(job.status, "finished");
  assert.equal(job.done, 2);
  await until("the deliveries", () => to.got.length === 5);
  assert.deepEqual((await wp.jobs.list({ kind: "retry" })).data.map((each) => each.id), [rest.jobId]);
  await assert.rejects(wp.jobs.cancel(rest.jobId), ConflictError);
  to.close();
});

test("an endpoint's failures since a time are recovered", async () => {
  const { wp, to, endpoint, since } = await failed(2);
  const { jobId, count } = await wp.endpoints.recover(endpoint.id, { since });
  assert.equal(count, 2);
  assert.equal((await wp.jobs.wait(jobId)).done, 2);
  await until("the deliveries", () => to.got.length === 4);
  to.close();
});

test("read models are made anew, and the log is verified", async () => {
  const { admin } = await scene(running);
  for (const { jobId } of [await admin.admin.rebuild(), await admin.admin.verifyLog()]) {
    const job = await admin.admin.jobs.wait(jobId, { everyMs: 50 });
    assert.equal(job.status, "finished");
    assert.equal(job.damaged, 0);
  }
  assert.equal((await admin.admin.jobs.list({ kind: "verify" })).data[0]?.kind, "verify");
});
