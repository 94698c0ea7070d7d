// What hands do on a page: keys, the slider, returning an item, and all of it without JavaScript.
import assert from "node:assert/strict";
import { after, afterEach, before, beforeEach, test } from "node:test";
import { drawPictures, openPage, startBrowser } from "./browser.mjs";
import { servePreview } from "./preview.mjs";

let browser, server, page;
before(async () => {
  browser = await startBrowser();
  server = await servePreview(await drawPictures(browser));
});
after(async () => {
  await browser?.close();
  await server?.stop();
});
beforeEach(async () => {
  server.sent.length = 0;
  page = await openPage(browser, { viewport: { width: 1280, height: 900 } });
});
afterEach(async () => {
  assert.deepEqual(page.complaints.filter((text) => !text.startsWith("404")), []);
  await page.context().close();
});

const open = (name) => page.goto(`${server.address}/${name}.html`, { waitUntil: "networkidle" });
const focused = () => page.evaluate(() => document.activeElement.closest("[data-line]")?.querySelector(".row-number, h3")?.textContent);

test("j and k walk the board, Enter opens the order", async () => {
  await open("board.en");
  await page.keyboard.press("j");
  assert.equal(await focused(), "K7-0042");
  await page.keyboard.press("j");
  const second = await focused();
  assert.notEqual(second, "K7-0042");
  await page.keyboard.press("k");
  assert.equal(await focused(), "K7-0042");
  await page.keyboard.press("k");
  assert.equal(await focused(), "K7-0042", "there is nothing before the first");
  await Promise.all([page.waitForURL("**/orders/k7-0042"), page.keyboard.press("Enter")]);
  page.complaints.length = 0; // The preview has no such address; arriving there is what counts.
});

test("/ goes to the search, and letters written there are letters", async () => {
  await open("board.en");
  await page.keyboard.press("/");
  await page.keyboard.type("jar");
  assert.equal(await page.inputValue("#search"), "jar");
});

test("? shows the keys; switched off, single keys do nothing and stay off", async () => {
  await open("board.en");
  await page.keyboard.press("?");
  assert.ok(await page.isVisible("#keys"));
  await page.uncheck("#keys-on");
  await page.click("#keys button");
  assert.ok(!(await page.isVisible("#keys")));
  await page.reload({ waitUntil: "networkidle" });
  await page.keyboard.press("j");
  assert.equal(await focused(), undefined);
});

test("r returns the item one stands on with a reason; Escape folds it again", async () => {
  await open("order.en");
  for (let at = 0; at < 3; at++) await page.keyboard.press("j");
  assert.equal(await focused(), "Coupling guard");
  await page.keyboard.press("r");
  assert.ok(await page.isVisible("#item-coupling-guard textarea"));
  await page.keyboard.press("Escape");
  assert.ok(!(await page.isVisible("#item-coupling-guard textarea")));
  await page.keyboard.press("Enter");
  await page.selectOption("#item-coupling-guard select[name=slot]", "after");
  await page.click("#item-coupling-guard [data-reason] >> nth=1");
  assert.equal(await page.inputValue("#item-coupling-guard textarea"), "The repair cannot be seen");
  await Promise.all([page.waitForEvent("load"), page.click("#item-coupling-guard form button[type=submit] >> nth=0")]);
  assert.deepEqual(server.sent, [{
    path: "/orders/k7-0042/items/coupling-guard/return",
    fields: { csrf: "t0ken-of-this-session", slot: "after", reason: "The repair cannot be seen" },
  }]);
});

test("a accepts the item one stands on, once", async () => {
  await open("order.en");
  for (let at = 0; at < 3; at++) await page.keyboard.press("j");
  await Promise.all([page.waitForEvent("load"), page.keyboard.press("a").then(() => page.keyboard.press("a")).catch(() => {})]);
  assert.deepEqual(server.sent.map(({ path }) => path), ["/orders/k7-0042/items/coupling-guard/accept"]);
});

test("an item without its after photo is never accepted by a key, and the button says that it is unseen", async () => {
  await open("order.en");
  for (let at = 0; at < 4; at++) await page.keyboard.press("j");
  assert.equal(await focused(), "Pressure gauge 压力表");
  await page.keyboard.press("a");
  assert.deepEqual(server.sent, []);
  assert.equal(await page.textContent("#item-pressure-gauge form[action$='/accept'] button span"), "Accept unseen");
});

test("the slider uncovers the after photo where the hand is", async () => {
  await open("order.en");
  await page.click("[data-compare=slide]");
  const pair = "#item-flange-pump-2";
  const boxes = await page.$$eval(`${pair} .frame-picture`, (all) => all.map((e) => e.getBoundingClientRect().toJSON()));
  assert.deepEqual(boxes[0], boxes[1], "both pictures lie in one frame");
  await page.focus(`${pair} .slider input`);
  for (let at = 0; at < 10; at++) await page.keyboard.press("ArrowRight");
  const cut = await page.$eval(`${pair} .frame:nth-child(2) .frame-picture`, (e) => getComputedStyle(e).clipPath);
  assert.equal(cut, "inset(0px 0px 0px 60%)");
  await page.reload({ waitUntil: "networkidle" });
  assert.ok(await page.isVisible(`${pair} .slider-bar`), "the choice is remembered");
});

test("without JavaScript both photos stand side by side, and an item can be returned", async () => {
  await page.context().close();
  page = await openPage(browser, { javaScriptEnabled: false, viewport: { width: 1280, height: 900 } });
  await open("order.en");
  const [left, right] = await Promise.all(["nth=0", "nth=1"].map((n) => page.locator(`#item-flange-pump-2 img >> ${n}`).boundingBox()));
  assert.ok(Math.abs(left.y - right.y) < 1 && right.x >= left.x + left.width, "before is left of after");
  assert.ok(!(await page.isVisible("#compare")) && !(await page.isVisible("#keys-button")), "nothing is offered that would not work");
  await page.click("#item-coupling-guard summary.button");
  await page.fill("#item-coupling-guard textarea", "看不清");
  await Promise.all([page.waitForEvent("load"), page.click("#item-coupling-guard details form button[type=submit]")]);
  assert.deepEqual(server.sent.map(({ path, fields }) => [path, fields.reason]), [["/orders/k7-0042/items/coupling-guard/return", "看不清"]]);
});

test("without a reason nothing is sent", async () => {
  await open("order.en");
  await page.click("#item-coupling-guard summary.button");
  await page.click("#item-coupling-guard details form button[type=submit]");
  assert.equal(await page.$eval("#item-coupling-guard textarea", (e) => e.validity.valueMissing), true);
  assert.deepEqual(server.sent, []);
});
