// A headless Chromium, and pictures for the preview drawn in it.
import { chromium } from "playwright-core";

export const startBrowser = () => chromium.launch({
  executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
  args: ["--headless", "--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update", "--disable-sync"],
});

/** Draws a flange with a leak (before) or a new gasket (after) and photographs it as JPEG. */
export async function drawPictures(browser) {
  const page = await browser.newPage({ viewport: { width: 960, height: 720 } });
  const draw = async (after, shift, floor) => {
    const bolts = [0, 60, 120, 180, 240, 300].map((turn) => `<g transform="rotate(${turn + shift} 480 340)"><circle cx="480" cy="190" r="21" fill="${after ? "#c9ced2" : "#8a6a4f"}" stroke="#3b4248" stroke-width="4"/></g>`).join("");
    const water = after ? "" : `<path d="M470 520 q-14 60 4 120 q8 40 -6 70" stroke="#9fc3d6" stroke-width="14" fill="none" opacity=".8"/><ellipse cx="500" cy="680" rx="260" ry="30" fill="#7fa6b8" opacity=".65"/>`;
    await page.setContent(`<style>body{margin:0}</style><svg width="960" height="720" xmlns="http://www.w3.org/2000/svg">
      <defs><linearGradient id="w" x2="0" y2="1"><stop stop-color="#8d9794"/><stop offset="1" stop-color="#5d6664"/></linearGradient>
      <linearGradient id="p" x2="0" y2="1"><stop stop-color="#40525e"/><stop offset=".4" stop-color="#9fb2bd"/><stop offset="1" stop-color="#34434d"/></linearGradient>
      <filter id="n"><feTurbulence baseFrequency=".8" numOctaves="2"/><feColorMatrix values="0 0 0 0 .5 0 0 0 0 .5 0 0 0 0 .5 0 0 0 .25 0"/></filter></defs>
      <rect width="960" height="720" fill="url(#w)"/><rect y="600" width="960" height="120" fill="${floor}"/>
      <rect x="0" y="${250 + shift}" width="960" height="180" fill="url(#p)"/>
      <circle cx="480" cy="340" r="195" fill="#6d7c86" stroke="#2f3a41" stroke-width="6"/><circle cx="480" cy="340" r="112" fill="#55636c" stroke="#2f3a41" stroke-width="5"/>
      <circle cx="480" cy="340" r="103" fill="none" stroke="${after ? "#2b8a57" : "#4c3b2c"}" stroke-width="10"/>${bolts}${water}
      <rect width="960" height="720" filter="url(#n)"/></svg>`);
    return page.screenshot({ type: "jpeg", quality: 80 });
  };
  const [before, after] = [await draw(false, 0, "#4a4f4c"), await draw(true, 4, "#666b64")];
  await page.close();
  return (evidence) => (evidence.endsWith("after") ? after : before);
}

/** A page that notes every complaint of the browser. */
export async function openPage(browser, options = {}) {
  const context = await browser.newContext({ colorScheme: "light", reducedMotion: "reduce", ...options });
  const page = await context.newPage();
  page.complaints = [];
  page.on("console", (message) => { if (["error", "warning"].includes(message.type())) page.complaints.push(message.text()); });
  page.on("pageerror", (error) => page.complaints.push(String(error)));
  page.on("requestfailed", (request) => {
    // Going on to the next page breaks off what this one was still fetching.
    const why = request.failure()?.errorText;
    if (why !== "net::ERR_ABORTED") page.complaints.push(`failed: ${request.url()} ${why}`);
  });
  page.on("response", (reply) => { if (reply.status() >= 400) page.complaints.push(`${reply.status()}: ${reply.url()}`); });
  return page;
}
