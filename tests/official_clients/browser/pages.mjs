// What pages of two origins see of a service. Reads where they are from standard input, and writes
// what each page was told, as JSON.
import { readFileSync } from "node:fs";
import { chromium } from "playwright-core";

const { browser: executablePath, service, allowed, foreign, crowded, large } =
  JSON.parse(readFileSync(0, "utf8"));

/** Runs in the page: one request, as the page's own script sees its outcome. */
async function ask({ url, method, headers, upload, bytes }) {
  let body;
  if (bytes) body = new Blob([new Uint8Array(bytes)], { type: "image/jpeg" });
  if (upload) {
    const photo = new Uint8Array(60_000).fill(upload);
    photo.set([0xff, 0xd8, 0xff, 0xe0]);
    body = new FormData();
    body.append("file", new Blob([photo], { type: "image/jpeg" }), "photo.jpg");
  }
  try {
    const answer = await fetch(url, { method, headers, body });
    const text = await answer.text();
    return {
      status: answer.status,
      code: text.startsWith("{") ? (JSON.parse(text).code ?? null) : null,
      headers: Object.fromEntries(answer.headers),
    };
  } catch (error) {
    return { failed: error.name };
  }
}

/** Runs in the page: what needs no permission, a form that is sent elsewhere. */
function submit({ url, text }) {
  const form = document.createElement("form");
  form.method = "post";
  form.action = url;
  form.enctype = "text/plain";
  const field = document.createElement("input");
  field.name = text;
  form.append(field);
  document.body.append(form);
  form.submit();
}

const browser = await chromium.launch({
  executablePath,
  args: ["--no-sandbox", "--disable-dev-shm-usage"], // as root, in a container
});
const told = {};
const file = `${service}/api/analysis/file`;
try {
  const page = await browser.newPage();
  await page.goto(allowed);
  told.uploads = await page.evaluate(ask, { url: file, method: "POST", upload: 7 });
  told.again = await page.evaluate(ask, {
    url: file,
    method: "POST",
    upload: 7,
    headers: { Authorization: "Bearer x", Prefer: "wait=10", "Cache-Control": "max-age=60" },
  });
  told.removes = await page.evaluate(ask, { url: file, method: "DELETE" });
  told.refused = await page.evaluate(ask, { url: file, method: "POST", bytes: large });
  told.crowded = await page.evaluate(ask, {
    url: `${crowded}/api/analysis/file`,
    method: "POST",
    upload: 8,
    headers: { "X-Api-Key": "x" }, // asks for a preflight, for which there is no room either
  });
  const other = await browser.newPage();
  await other.goto(foreign);
  told.foreign = await other.evaluate(ask, { url: file, method: "POST", upload: 9 });
  const answered = other.waitForResponse((response) => response.request().method() === "POST");
  await other.evaluate(submit, { url: `${service}/api/analysis/text`, text: "f".repeat(80) });
  told.form = { status: (await answered).status() };
} finally {
  await browser.close();
}
process.stdout.write(JSON.stringify(told));
