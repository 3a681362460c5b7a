// A headless Chromium, by its driver: as much of W3C's WebDriver as the tests need.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createInterface } from "node:readline";
import { setTimeout as sleep } from "node:timers/promises";

// However busy the machine is.
const PATIENCE_MS = 90_000;
const ELEMENT = "element-6066-11e4-a52e-4f735466cecf";
const CONTROL = "\uE009", RELEASE = "\uE000", BACKSPACE = "\uE003";

/** Waits until something is true, and answers it. */
export async function until(what, message) {
  for (const end = performance.now() + PATIENCE_MS; performance.now() < end; await sleep(25)) {
    const answer = await what();
    if (answer) return answer;
  }
  assert.fail(typeof message === "function" ? await message() : message);
}

/** A browser with a profile of its own. */
export class Browser {
  static async start() {
    const browser = new Browser();
    browser.folder = mkdtempSync("/tmp/cloakroom-browser-");
    // Its own HOME: nothing of a user's settings, and nothing left behind.
    const env = { ...process.env, HOME: browser.folder, TMPDIR: browser.folder, TZ: "UTC" };
    browser.driver = spawn("chromedriver", ["--port=0"], { env, stdio: ["ignore", "pipe", "ignore"] });
    browser.ended = new Promise((resolve) => browser.driver.on("close", resolve).on("error", resolve));
    try {
      const port = await browser.#port();
      browser.base = `http://127.0.0.1:${port}/session`;
      const args = [
        "--headless=new",
        "--no-sandbox",
        "--disable-dev-shm-usage",
        "--disable-gpu",
        "--window-size=1280,900",
      ];
      args.push(
        "--no-first-run",
        "--disable-background-networking",
        `--user-data-dir=${browser.folder}/profile`,
      );
      const alwaysMatch = {
        browserName: "chrome",
        unhandledPromptBehavior: "accept",
        timeouts: { pageLoad: PATIENCE_MS, script: PATIENCE_MS },
        "goog:chromeOptions": { args, prefs: { "intl.accept_languages": "en-US" } },
      };
      const { sessionId } = await browser.#ask("POST", "", { capabilities: { alwaysMatch } });
      browser.base += `/${sessionId}`;
      return browser;
    } catch (fault) {
      await browser.end();
      throw fault;
    }
  }

  async end() {
    await this.#ask("DELETE", "").catch(() => undefined);
    this.driver.kill("SIGKILL");
    await this.ended;
    rmSync(this.folder, { recursive: true, force: true, maxRetries: 10 });
  }

  // MARK: Pages and tabs

  async go(url) {
    await this.#ask("POST", "/url", { url });
  }

  async reload() {
    await this.#ask("POST", "/refresh", {});
  }

  async back() {
    await this.#ask("POST", "/back", {});
  }

  async url() {
    return new URL(await this.#ask("GET", "/url"));
  }

  tab() {
    return this.#ask("GET", "/window");
  }

  async openTab(url) {
    const { handle } = await this.#ask("POST", "/window/new", { type: "tab" });
    await this.switchTo(handle);
    await this.go(url);
    return handle;
  }

  async switchTo(handle) {
    await this.#ask("POST", "/window", { handle });
  }

  /** Closes all tabs but one, whose origin forgets what it had. */
  async forget(origin) {
    const [first, ...others] = await this.#ask("GET", "/window/handles");
    for (const handle of others) {
      await this.switchTo(handle);
      await this.#ask("DELETE", "/window");
    }
    await this.switchTo(first);
    // A page without a script, which would write it again.
    await this.go(`${origin}/icon.svg`);
    await this.run("localStorage.clear(); sessionStorage.clear();");
  }

  // MARK: What is on a page

  /** Runs a function's body in the page, and answers what it returns; a promise is waited for. */
  async run(script, ...args) {
    return await this.#ask("POST", "/execute/sync", { script, args });
  }

  /** The text that is to be seen of an element; undefined where there is none, or where it is hidden. */
  async text(selector) {
    const script = `const found = document.querySelector(arguments[0]);
      return found && found.checkVisibility() ? found.innerText : null;`;
    return (await this.run(script, selector)) ?? undefined;
  }

  async value(selector) {
    return await this.run("return document.querySelector(arguments[0])?.value ?? null", selector);
  }

  async isShown(selector) {
    return (await this.text(selector)) !== undefined;
  }

  /** The id of the element that has the focus. */
  async focused() {
    return await this.run("return document.activeElement.id");
  }

  async untilShown(selector) {
    await until(
      () => this.isShown(selector),
      async () => `${selector} is not shown: ${await this.text("body")}`,
    );
  }

  async untilText(selector, pattern) {
    const matches = async () => pattern.test((await this.text(selector)) ?? "");
    await until(matches, async () => `${selector} is no ${pattern}: ${await this.text("body")}`);
  }

  async click(selector) {
    await this.untilShown(selector);
    await this.#do(selector, "click", {});
  }

  /** Types in place of what a field has. */
  async type(selector, text) {
    await this.untilShown(selector);
    await this.#do(selector, "value", { text: `${CONTROL}a${RELEASE}${BACKSPACE}${text}` });
  }

  /** Gives keys as they are to a field, a file's path, or to a choice the text of one of its options. */
  async give(selector, text) {
    await this.untilShown(selector);
    await this.#do(selector, "value", { text });
  }

  // MARK: How a page looks

  async show({ width, height = 900, dark = false, touch = false }) {
    await this.#tell("Emulation.setDeviceMetricsOverride", {
      width,
      height,
      deviceScaleFactor: 1,
      mobile: touch,
    });
    const features = [{ name: "prefers-color-scheme", value: dark ? "dark" : "light" }];
    await this.#tell("Emulation.setEmulatedMedia", { features });
  }

  /** Writes a picture of the whole page. */
  async picture(path) {
    const { data } = await this.#tell("Page.captureScreenshot", { captureBeyondViewport: true });
    writeFileSync(path, Buffer.from(data, "base64"));
  }

  async #tell(cmd, params) {
    return await this.#ask("POST", "/goog/cdp/execute", { cmd, params });
  }

  /** Does something with an element; once more where the page has put another one in its place meanwhile. */
  async #do(selector, action, body) {
    for (let attempt = 1;; attempt += 1) {
      const found = await this.#ask("POST", "/element", { using: "css selector", value: selector });
      try {
        return await this.#ask("POST", `/element/${found[ELEMENT]}/${action}`, body);
      } catch (fault) {
        if (fault.cause !== "stale element reference" || attempt === 10) throw fault;
      }
    }
  }

  async #ask(method, path, body) {
    const sent = body === undefined ? undefined : JSON.stringify(body);
    const response = await fetch(this.base + path, { method, body: sent });
    const { value } = await response.json();
    if (!response.ok) {
      throw new Error(`${method} ${path}: ${value.error}: ${value.message}`, { cause: value.error });
    }
    return value;
  }

  async #port() {
    const lines = createInterface({ input: this.driver.stdout });
    for await (const line of lines) {
      const [, port] = /started successfully on port (\d+)/.exec(line) ?? [];
      if (port !== undefined) {
        // What it goes on to say must not fill the pipe.
        this.driver.stdout.resume();
        return Number(port);
      }
    }
    throw new Error("chromedriver does not start");
  }
}
