// A supervisor's evening at the real server: sign in, find the order, look at the pairs, return one item with a reason,
// accept, close, leave. The server and an order in review are made by whoever starts this:
//   ROUNDS_URL  the console's address      ROUNDS_NAME, ROUNDS_PASSWORD  a supervisor's sign-in
//   ROUNDS_ORDER  the order's number; the first one that waits for a review where it is not given
import assert from "node:assert/strict";
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { openPage, startBrowser } from "./browser.mjs";
import { root } from "./preview.mjs";

const { ROUNDS_URL: address, ROUNDS_NAME: name, ROUNDS_PASSWORD: password, ROUNDS_ORDER: wanted } = process.env;
const skip = address && name && password ? false : "ROUNDS_URL, ROUNDS_NAME and ROUNDS_PASSWORD are not given";
const given = { skip, timeout: 30_000 };
const shots = process.env.ROUNDS_SHOTS ?? join(root, "target/console-shots");
const reason = "Not the same standpoint as before";

let browser, page, order;
before(async () => {
  if (skip) return;
  await mkdir(shots, { recursive: true });
  browser = await startBrowser();
  page = await openPage(browser, { viewport: { width: 1440, height: 900 }, locale: "en-GB" });
  page.setDefaultTimeout(10_000);
});
after(() => browser?.close());

const press = async (selector) => {
  const button = page.locator(selector).first();
  await Promise.all([page.waitForEvent("load"), button.click()]);
};
const signIn = async (secret) => {
  await page.fill("input[name=name]", name);
  await page.fill("input[name=password]", secret);
  await press(".door button[type=submit]");
};
const quiet = () => {
  const complaints = page.complaints.splice(0);
  assert.deepEqual(complaints, [], "the browser complains");
};

test("a stranger is led to the door and no further", given, async () => {
  const reply = await page.goto(`${address}/?lang=en`);
  assert.ok(await page.isVisible("input[name=password]"), "the sign-in page is shown");
  const policy = reply.headers()["content-security-policy"] ?? "";
  assert.match(policy, /default-src 'none'/);
  assert.doesNotMatch(policy, /unsafe-inline/);
  page.complaints.length = 0; // The door may answer with 401.
});

test("a wrong password is told apart from nothing else", given, async () => {
  await signIn(`${password}x`);
  assert.ok(await page.isVisible("[role=alert]"));
  assert.equal(await page.inputValue("input[name=name]"), name, "the name is kept");
  page.complaints.length = 0; // A refusal answers with 401 or 422.
});

test("signed in, the board shows what waits for a review first", given, async () => {
  await signIn(password);
  await page.goto(`${address}/?lang=en`);
  await page.screenshot({ path: join(shots, "server.board.png") });
  const cookies = await page.context().cookies();
  assert.ok(cookies.some((cookie) => cookie.httpOnly && ["Lax", "Strict"].includes(cookie.sameSite)), "the session's cookie is HttpOnly and SameSite");
  order = wanted ?? (await page.textContent("#group-review ~ .rows .row .row-number"));
  const row = page.locator(".row", { hasText: order }).first();
  assert.match(await row.textContent(), /In review/);
  quiet();
});

test("the order shows both photos of a pair side by side, and its timeline", given, async () => {
  await press(`.row:has(.row-number:text-is("${order}")) .row-title`);
  assert.equal(await page.textContent(".order-number"), order);
  const pair = await page.locator(".pair.complete img").all();
  assert.ok(pair.length >= 2, `${pair.length} pictures`);
  for (const picture of pair.slice(0, 2)) {
    // Pictures further down are fetched when one comes near them.
    await picture.scrollIntoViewIfNeeded();
    await picture.evaluate((image) => image.complete || new Promise((done) => { image.onload = image.onerror = done; }));
    assert.ok(await picture.evaluate((image) => image.naturalWidth) > 0, "the picture loads");
  }
  const [left, right] = await Promise.all([0, 1].map((n) => page.locator(".pair.complete img").nth(n).boundingBox()));
  assert.ok(Math.abs(left.y - right.y) < 1 && right.x >= left.x + left.width, "before is left of after");
  const lines = await page.locator(".timeline li").allTextContents();
  const lineOf = (words) => lines.findIndex((line) => words.test(line) && !/held:/.test(line));
  const [raised, handedIn, completed] = [/raised the order/, /handed it in for review/, /completed the work/].map(lineOf);
  assert.ok(handedIn >= 0 && handedIn < completed, `newest first, and what followed is newer: ${lines}`);
  assert.equal(raised, lines.length - 1, `nothing stands before the order was raised: ${lines}`);
  await page.screenshot({ path: join(shots, "server.order.png") });
  quiet();
});

test("the held completion is settled by a click, is told in the timeline and leaves the list", given, async () => {
  const path = new URL(page.url()).pathname;
  await page.goto(`${address}/set-aside`);
  const line = page.locator(".set-aside tbody tr");
  assert.equal(await line.count(), 1, "exactly the second completion is set aside");
  assert.match(await line.textContent(), /completed the work[\s\S]*second completion/);
  await page.screenshot({ path: join(shots, "server.set-aside.png"), fullPage: true });
  await press(".set-aside tbody a");
  assert.equal(new URL(page.url()).pathname, path, "the list leads to the order");
  await page.fill(".held-one input[name=words]", "The first repair stands");
  await page.screenshot({ path: join(shots, "server.held.png"), fullPage: true });
  await press(".held-one button[value=keep_first]");
  assert.ok(await page.isVisible("[role=status]"), "it says that the choice is recorded");
  assert.equal(await page.locator(".held").count(), 0, "nothing is held any more");
  const said = await page.textContent(".timeline");
  assert.doesNotMatch(said, /of Somebody else/, "whose completion is kept is said by name");
  assert.match(said, /decided the held action of[\s\S]*The first repair stands/);
  assert.match(said, /completed the work\s+held: second completion[\s\S]*decided: Keep the completion of/, "the held line stays, and says how it ended");
  await page.screenshot({ path: join(shots, "server.settled.png"), fullPage: true });
  await page.goto(`${address}/set-aside`);
  assert.equal(await page.locator(".set-aside tbody tr").count(), 0, "it has left the list");
  await page.goto(address + path);
  quiet();
});

test("one item is returned with its reason, and the order cannot be closed then", given, async () => {
  await page.locator(".pair.complete summary.button").first().click();
  await page.locator(".pair.complete details.return textarea").first().fill(reason);
  await press(".pair.complete details.return button[type=submit]");
  assert.match(await page.textContent(".pair .said"), new RegExp(reason));
  assert.match(await page.textContent(".timeline"), new RegExp(`returned:[\\s\\S]*${reason}`));
  assert.ok(await page.isDisabled(".decision form[action$='/close'] button"));
  assert.ok(await page.isVisible(".decision form[action$='/return'] button"));
  quiet();
});

test("a form without its token changes nothing", given, async () => {
  const path = await page.getAttribute(".decision form[action$='/return']", "action");
  const reply = await page.request.post(address + path, { form: { csrf: "guessed" }, maxRedirects: 0 });
  assert.ok(reply.status() >= 400, `answered ${reply.status()}`);
  await page.reload();
  assert.match(await page.textContent(".order-line .chip"), /In review/);
  quiet();
});

test("all accepted, the order is closed and says by whom", given, async () => {
  for (let left = await page.locator("form[action$='/accept']").count(); left > 0; left--) {
    await press("form[action$='/accept'] button");
  }
  await press(".decision form[action$='/close'] button:enabled");
  assert.match(await page.textContent(".order-line .chip"), /Closed/);
  assert.match(await page.textContent(".timeline"), /closed the order/);
  await page.screenshot({ path: join(shots, "server.closed.png") });
  quiet();
});

test("the same page in Chinese is in Chinese", given, async () => {
  await press(".head-end a[hreflang]");
  assert.equal(await page.getAttribute("html", "lang"), "zh-Hans");
  assert.match(await page.textContent(".order-line .chip"), /已关闭/);
  quiet();
});

test("after leaving, the order is behind the door again", given, async () => {
  const path = new URL(page.url()).pathname;
  await press(".who button");
  await page.goto(address + path);
  assert.ok(await page.isVisible("input[name=password]"));
  assert.equal(await page.locator(".order-number").count(), 0);
});
