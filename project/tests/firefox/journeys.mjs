// Journeys in a real Firefox, which puppeteer controls over WebDriver BiDi (script/test --firefox).
// Prints a line for each journey, and ends with an error at the first that fails.
import puppeteer from "puppeteer-core";

const { FIREFOX, SITE, USERNAME, STAFF, PASSWORD, PATHS, SAFETY_NET_SECONDS } = process.env;
const WIDE = { width: 1280, height: 900 };
const PHONE = { width: 360, height: 740 };
const NARROWEST = { width: 320, height: 740 };
const HEADER_HEIGHT = 60; // pixels: one row

const complaints = [];

function expect(holds, what) {
  if (!holds) throw new Error(what);
}

const browser = await puppeteer.launch({
  browser: "firefox",
  executablePath: FIREFOX,
  defaultViewport: WIDE,
  extraPrefsFirefox: { "intl.accept_languages": "en-US" },
});

// Opens a page in a profile of its own, and collects the errors of everything that it shows.
async function newPage() {
  const page = await (await browser.createBrowserContext()).newPage();
  page.setDefaultTimeout(SAFETY_NET_SECONDS * 1000);
  // Firefox does not report these to the protocol by itself.
  await page.evaluateOnNewDocument(() => {
    addEventListener("securitypolicyviolation", (event) =>
      console.error(`The content security policy refused ${event.violatedDirective} ${event.blockedURI}`),
    );
  });
  page.on("console", (message) => {
    if (message.type() === "error") complaints.push(`${page.url()}: ${message.text()}`);
  });
  page.on("pageerror", (error) => complaints.push(`${page.url()}: ${error.message}`));
  page.on("response", (response) => {
    if (response.status() >= 400) complaints.push(`${response.url()}: ${response.status()}`);
  });
  return page;
}

const named = (page, role, name) => page.locator(`::-p-aria(${name}[role="${role}"])`);
const field = (page, label) => named(page, "textbox", label);
const shown = (page, text) => page.locator(`main ::-p-text(${text})`).wait();

// Returns once the page that a press leads to has loaded.
async function leave(page, press) {
  await Promise.all([page.waitForNavigation(), press()]);
}

async function signIn(page, username) {
  await field(page, "Username or email").fill(username);
  await page.locator("input[type=password]").fill(PASSWORD);
  await leave(page, () => page.locator("main form button").click());
}

// Waits for the focus, which comes with the first frame that is drawn and may be later than the page, and types.
async function scan(page, text) {
  await page.locator("input:focus").wait();
  await page.keyboard.type(text);
  await leave(page, () => page.keyboard.press("Enter"));
}

const journeys = {
  async "A resident signs in"(page) {
    await page.goto(`${SITE}/accounts/login/`);
    await signIn(page, USERNAME);
    await named(page, "button", "Sign out").wait();
  },

  async "rents a book that is found while typing"(page) {
    await page.goto(`${SITE}/books/`);
    await page.locator("main input[name=q]").click();
    await page.keyboard.type("quix");
    await page.locator("::-p-text(1 book on this page)").wait();
    await leave(page, () => named(page, "link", "Don Quixote").click());
    await leave(page, () => named(page, "button", "Rent this book").click());
    await shown(page, "Don Quixote");
  },

  async "asks a question, and answers it without a reload"(page) {
    await page.goto(`${SITE}/questions/`);
    await leave(page, () => named(page, "link", "Ask a question").click());
    await field(page, "Your question in one line").fill("Shade for the playground?");
    await field(page, "Details").fill("Two trees would do.");
    await leave(page, () => named(page, "button", "Ask").click());
    await page.evaluate(() => (window.notReloaded = true));
    await named(page, "button", "5 stars").click();
    await page.locator(".standing ::-p-text(20)").wait();
    expect(await page.evaluate(() => window.notReloaded), "The page was loaded again.");
  },

  async "opens and closes the menu of a phone"(page) {
    await page.setViewport(PHONE);
    await page.goto(`${SITE}/books/`);
    const link = named(page, "link", "Questions");
    await page.locator("#menu").setVisibility("hidden").wait();
    await page.locator(".menu-button").click();
    await page.locator("#menu").setVisibility("visible").wait();
    await page.keyboard.press("Escape");
    await page.locator("#menu").setVisibility("hidden").wait();
    await page.locator(".menu-button").click();
    await leave(page, () => link.click());
    expect(page.url() === `${SITE}/questions/`, page.url());
  },

  async "reads every page on a narrow screen"(page) {
    await page.setViewport(NARROWEST);
    for (const path of JSON.parse(PATHS)) {
      await page.goto(SITE + path);
      const [sideways, header] = await page.evaluate(() => [
        document.documentElement.scrollWidth - document.documentElement.clientWidth,
        document.querySelector("header").offsetHeight,
      ]);
      expect(sideways <= 0, `${path} is ${sideways} pixels too wide.`);
      expect(header < HEADER_HEIGHT, `The header of ${path} is ${header} pixels high.`);
    }
  },
};

const deskJourneys = {
  async "A librarian lends and takes back a book with the keyboard"(page) {
    await page.goto(`${SITE}/admin/desk/`);
    await signIn(page, STAFF);
    await scan(page, "rita");
    await scan(page, "emma");
    await page.locator(".confirm button").wait();
    await page.locator("#add:focus").wait();
    while (!(await page.evaluate(() => document.activeElement.matches(".confirm button")))) {
      await page.keyboard.press("Tab");
    }
    await leave(page, () => page.keyboard.press("Enter"));
    await page.goto(`${SITE}/admin/desk/`);
    await scan(page, "emma");
    await page.locator("button:focus").wait();
    await leave(page, () => page.keyboard.press("Enter"));
    await page.locator("#q:focus").wait();
  },
};

let journey, page;
try {
  for (const each of [journeys, deskJourneys]) {
    page = await newPage();
    for (const [name, walk] of Object.entries(each)) {
      journey = name;
      await walk(page);
      expect(complaints.length === 0, complaints.join("\n"));
      console.log(name);
    }
  }
} catch (error) {
  console.error(`${journey}, at ${page?.url()}: ${error.stack}`);
  console.error(await page?.evaluate(() => document.querySelector("main, #content")?.innerText));
  process.exitCode = 1;
} finally {
  await browser.close();
}
