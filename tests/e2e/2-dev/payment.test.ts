import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import {
  begin,
  ensureUp,
  forwarded,
  json,
  ok,
  until,
} from "../../support/e2e/environment.ts";
import {
  commandInPod,
  inPod,
  killDatabase,
  quoted,
} from "../../support/e2e/in-pod.ts";

const password = "a long sentence about nothing";

/** Stripe's test card, which the sandbox accepts, too. */
const card = {
  type: "card",
  number: "4242424242424242",
  exp_month: 12,
  exp_year: new Date().getFullYear() + 2,
  cvc: "737",
};

interface User {
  id: string;
  token: string;
}

/** Sends a request from one of streaming's pods; returns status and body. */
async function request<T>(
  url: string,
  init: { method?: string; headers?: Record<string, string>; body?: object },
): Promise<{ status: number; body: T; text: string }> {
  const { body, headers, method = "GET" } = init;
  const output = await inPod(
    "streaming",
    `fetch(${JSON.stringify(url)}, {
       method: "${method}",
       headers: ${JSON.stringify({ ...headers, ...(body && { "content-type": "application/json" }) })},
       ${body ? `body: ${JSON.stringify(JSON.stringify(body))},` : ""}
     }).then(async (response) => console.log(JSON.stringify({ status: response.status, text: await response.text() })))`,
  );
  const { status, text } = JSON.parse(output) as {
    status: number;
    text: string;
  };
  return { status, text, body: JSON.parse(text) as T };
}

const payment = "http://payment-service:8082";

async function signUp(): Promise<User> {
  const { status, body } = await request<{
    user: { id: string };
    access_token: string;
  }>("http://auth-service:8081/signup", {
    method: "POST",
    body: { email: `pays-${randomUUID()}@example.com`, password },
  });
  assert.equal(status, 201);
  return { id: body.user.id, token: body.access_token };
}

const by = (token: string, key: string = randomUUID()) => ({
  authorization: `Bearer ${token}`,
  "idempotency-key": key,
});

/** The generated key for operators. */
async function operatorKey(): Promise<string> {
  const secrets = await json(
    "kubectl get secrets -l app.kubernetes.io/name=payment -o json",
  );
  const secret = secrets.items.find(
    ({ metadata }: { metadata: { name: string } }) =>
      metadata.name.startsWith("payment-operator-key-"),
  );
  return Buffer.from(secret.data.value, "base64").toString();
}

interface Audit {
  balanced: boolean;
  transactions: number;
  balances: { account: string; currency: string; balance: string }[];
}

async function audit(): Promise<Audit> {
  const { status, body, text } = await request<Audit>(
    `${payment}/ledger/audit`,
    { headers: by(await operatorKey()) },
  );
  assert.equal(status, 200, text);
  return body;
}

/** The results of clients that pay repeatedly. */
interface Paid {
  /** The last answer's text by idempotency key. */
  answers: Record<string, string>;
  statuses: Record<string, number>;
  faults: string[];
}

/** Pays from one of streaming's pods, repeatedly during `work`; retries each request until its answer is final. */
async function underPayments(
  user: User,
  work: () => Promise<unknown>,
): Promise<Paid> {
  const clients = async (
    url: string,
    user: User,
    ended: () => boolean,
  ): Promise<Paid> => {
    const paid: Paid = { answers: {}, statuses: {}, faults: [] };
    const client = async (which: number) => {
      for (let i = 0; !ended(); i++) {
        const key = `${user.id}-${which}-${i}`;
        for (let tries = 0; ; tries++) {
          try {
            const response = await fetch(`${url}/pay`, {
              method: "POST",
              headers: {
                "content-type": "application/json",
                authorization: `Bearer ${user.token}`,
                "idempotency-key": key,
              },
              body: JSON.stringify({
                user_id: user.id,
                amount: 100 + which,
                currency: "EUR",
                method: "pm_card_visa",
              }),
              signal: AbortSignal.timeout(15_000),
            });
            const text = await response.text();
            const { status } = response;
            paid.statuses[status] = (paid.statuses[status] ?? 0) + 1;
            if (status === 200 || status === 202) {
              paid.answers[key] = text;
              break;
            }
            if (![409, 503].includes(status))
              paid.faults.push(`${status} ${text}`);
          } catch {
            paid.statuses.none = (paid.statuses.none ?? 0) + 1; // the pod was killed
          }
          if (tries > 300) {
            paid.faults.push(`${key} was never answered`);
            break;
          }
          await new Promise((resolve) => setTimeout(resolve, 200));
        }
      }
    };
    await Promise.all([1, 2, 3, 4].map(client));
    return paid;
  };
  const program = `
    let running = true;
    const deadline = Date.now() + 180000;
    process.stdin.on("end", () => { running = false; }).resume();
    (${clients})(${JSON.stringify(payment)}, ${JSON.stringify(user)}, () => !running || Date.now() > deadline)
      .then((paid) => console.log(JSON.stringify(paid)));
  `;
  const child = begin(`exec ${commandInPod("streaming", program, "-i")}`, {
    stdio: ["pipe", "pipe", "inherit"],
  });
  let output = "";
  child.stdout?.setEncoding("utf8").on("data", (text: string) => {
    output += text;
  });
  const closed = new Promise((resolve) => child.on("close", resolve));
  try {
    await new Promise((resolve) => setTimeout(resolve, 3000));
    await work();
  } finally {
    child.stdin?.end();
  }
  await closed;
  return JSON.parse(output) as Paid;
}

describe("Payments", function () {
  this.timeout("10m");
  let user: User;
  before(async () => {
    await ensureUp();
    await ok("pulumi stack select dev");
    user = await signUp();
  });

  const pay = (more: object = {}, key?: string) =>
    request<Record<string, unknown>>(`${payment}/pay`, {
      method: "POST",
      headers: by(user.token, key),
      body: {
        user_id: user.id,
        amount: 999,
        currency: "EUR",
        method: card,
        ...more,
      },
    });

  it("succeed with one of auth's tokens, and are idempotent by key", async () => {
    const key = randomUUID();
    const first = await pay({}, key);
    assert.equal(first.status, 200, first.text);
    assert.equal(first.body.message, "Payment successful");
    assert.deepEqual(first.body.method, {
      type: "card",
      brand: "visa",
      last4: "4242",
    });
    assert.equal((await pay({}, key)).text, first.text);
    assert.equal((await pay({ amount: 1 }, key)).status, 422);
  });

  it("are declined with the code of the card's bank", async () => {
    const { status, body } = await pay({
      method: { ...card, number: "4000000000009995" },
    });
    assert.equal(status, 402);
    assert.equal(body.code, "insufficient_funds");
  });

  it("are rejected without a token and with a forged one", async () => {
    for (const token of ["", "x.y.z"])
      assert.equal(
        (
          await request(`${payment}/pay`, {
            method: "POST",
            headers: token ? by(token) : { "idempotency-key": randomUUID() },
            body: {},
          })
        ).status,
        401,
      );
  });

  it("are in a ledger whose audit is balanced", async () => {
    const { balanced, transactions } = await audit();
    assert.equal(balanced, true);
    assert.ok(transactions > 0);
  });

  it("give a subscriber an entitlement, which a cancellation ends", async () => {
    const entitled = () =>
      request<{ entitled: boolean }>(`${payment}/entitlements/${user.id}`, {
        headers: by(user.token),
      });
    assert.equal((await entitled()).body.entitled, false);
    const plans = await request<{ data: { id: string }[] }>(
      `${payment}/plans`,
      {},
    );
    const subscribed = await request<{ id: string }>(
      `${payment}/subscriptions`,
      {
        method: "POST",
        headers: by(user.token),
        body: { plan: plans.body.data[0]?.id, method: card },
      },
    );
    assert.equal(subscribed.status, 201, subscribed.text);
    assert.equal((await entitled()).body.entitled, true);
    const canceled = await request(
      `${payment}/subscriptions/${subscribed.body.id}/cancel`,
      { method: "POST", headers: by(user.token), body: { at: "now" } },
    );
    assert.equal(canceled.status, 200, canceled.text);
    assert.equal((await entitled()).body.entitled, false);
  });

  it("survive killed pods and a killed database under load: none is charged twice or lost, and the ledger is balanced", async () => {
    const { answers, statuses, faults } = await underPayments(
      user,
      async () => {
        await ok(
          "kubectl delete pod -l app=payment-service --grace-period=0 --force",
        );
        await ok("kubectl rollout status deployment/payment-deployment");
        await killDatabase();
        await until(async () => {
          const pod = await json("kubectl get pod postgres-0 -o json");
          assert.ok(pod.status.containerStatuses[0].ready);
        });
        const [first] = (
          await ok("kubectl get pods -l app=payment-service -o name")
        ).split("\n");
        await ok(`kubectl delete ${first} --grace-period=0 --force`);
        await new Promise((resolve) => setTimeout(resolve, 8000));
      },
    );
    assert.deepEqual(faults, []);
    const keys = Object.keys(answers);
    assert.ok(keys.length > 50, `${keys.length} payments`);
    assert.ok(
      (statuses[409] ?? 0) + (statuses[503] ?? 0) + (statuses.none ?? 0) > 0,
    );

    // Unfinished attempts are finished after their lease (20 s).
    const unfinished = () =>
      psql("SELECT count(*) FROM attempts WHERE done_at IS NULL");
    await until(async () => assert.equal(await unfinished(), "0"));
    const { balanced } = await audit();
    assert.equal(balanced, true);
    const count = await psql(
      `SELECT count(*) || ' ' || count(*) FILTER (WHERE status = 'succeeded') FROM payments WHERE user_id = '${user.id}' AND amount BETWEEN 101 AND 104`,
    );
    assert.equal(count, `${keys.length} ${keys.length}`);
    const charged = await psql(
      `SELECT count(*) FROM sandbox_charges WHERE amount BETWEEN 101 AND 104 AND status = 'succeeded' AND payment_id IN (SELECT id::text FROM payments WHERE user_id = '${user.id}')`,
    );
    assert.equal(charged, String(keys.length));
    for (const key of keys.slice(-5)) {
      const again = await pay(
        { amount: 100 + Number(key.split("-").at(-2)), method: "pm_card_visa" },
        key,
      );
      assert.equal(again.text, answers[key]);
    }
  });

  it("leave no card number in a log, a metric or the database", async () => {
    const { number } = card;
    const logs = await ok(
      "kubectl logs -l app=payment-service --tail=-1 --prefix",
    );
    assert.ok(logs.includes('"path":"/pay"'));
    const metrics = await forwarded("payment-service", 8082, async (url) =>
      (await fetch(`${url}/metrics`)).text(),
    );
    const dump = await ok(
      "kubectl exec postgres-0 -c postgres -- pg_dump -U postgres payment",
    );
    assert.ok(dump.includes("sandbox_charges"));
    const base64 = Buffer.from(number).toString("base64").replace(/=+$/, "");
    const hex = Buffer.from(number).toString("hex");
    for (const [where, text] of Object.entries({ logs, metrics, dump }))
      for (const form of [number, number.slice(0, 12), base64, hex])
        assert.ok(!text.includes(form), `${form} in ${where}`);
  });

  const psql = async (sql: string) =>
    (
      await ok(
        `kubectl exec postgres-0 -c postgres -- psql -U postgres -d payment -Atc ${quoted(sql)}`,
      )
    ).trim();
});
