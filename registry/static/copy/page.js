// What a page of a copy does in the browser: the look-up, and saying when the copy is older than what it says.

const MOST_DAYS = 7;
const said = JSON.parse(document.body.dataset.words ?? "{}");
const say = (text, gaps = {}) => (said[text] ?? text).replace(/\{(\w+)\}/g, (_, name) => gaps[name]);

function element(name, text, attributes = {}) {
  const made = Object.assign(document.createElement(name), { textContent: text });
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  return made;
}

const pageOf = (path) => new URL(path, root).href;
const toolPage = async (slug) => {
  const files = (await fetched("tools"))[slug];
  return pageOf(files || `tools/${encodeURIComponent(slug)}.html`);
};

async function suggestions(query, form, known, here) {
  const panel = element("section", "", { class: "panel", "aria-labelledby": "answer" });
  const heading = known ? say("Several tools live at this address") : say("We have no entry called “{query}”", { query });
  panel.append(element("h2", heading, { id: "answer" }));
  const [rules, close] = await Promise.all([fetched("rules"), known ? [] : near(query)]);
  const found = [...here, ...close.filter((each) => !here.some(({ slug }) => slug === each.slug))];
  if (found.length) {
    const list = element("ul", "", { class: "picks" });
    for (const each of found) {
      const [label, tone] = rules.answers[each.code];
      const line = element("li", "");
      const badge = element("span", label, { class: `badge tone-${tone}` });
      line.append(element("a", each.text, { href: await toolPage(each.slug) }), " ", badge);
      list.append(line);
    }
    panel.append(element("p", say("Did you mean one of these? Choose one for its answer.")), list);
  } else {
    panel.append(element("p", say("Nothing here is written nearly like that.")));
  }
  const further = element("p", "");
  further.append(element("a", say("All names from A to Z"), { href: pageOf("a-z.html") }));
  const asked = new URL(form.action);
  if (asked.origin !== location.origin || asked.pathname.endsWith("/check")) {
    asked.search = new URLSearchParams({ q: query });
    further.append(" · ", element("a", say("Ask the registry itself"), { href: asked.href }));
  }
  panel.append(further);
  return panel;
}

async function lookUp(form) {
  const query = form.elements.q.value.trim();
  const place = document.querySelector("[data-found]");
  if (!query) return;
  place.replaceChildren(element("p", say("Looking …")));
  try {
    const [slug, here] = await Promise.all([certain(query), atHost(query)]);
    if (slug && here.every((each) => each.slug === slug)) location.assign(await toolPage(slug));
    else place.replaceChildren(await suggestions(query, form, slug, here));
  } catch {
    place.replaceChildren(element("p", say("The list of tools could not be read. Try again, or look in the names from A to Z.")));
  }
}

/** Something beside the name was said: only the registry itself can answer that. */
const isRefined = (form) => [...form.elements].some((field) => field.name && field.name !== "q" && field.value);

function startLookUp() {
  const form = document.querySelector("form[data-lookup]");
  if (!form || !location.protocol.startsWith("http")) return;
  form.addEventListener("submit", (event) => {
    if (isRefined(form)) return;
    event.preventDefault();
    lookUp(form);
  });
  const asked = new URLSearchParams(location.search).get("q");
  if (asked) {
    form.elements.q.value = asked;
    lookUp(form);
  }
}

async function tellAge() {
  const place = document.querySelector("[data-copy-old]");
  const answer = document.querySelector("[data-until]");
  if (!place || !location.protocol.startsWith("http")) return;
  const reply = await fetch(new URL("published.json", root), { cache: "no-cache" });
  const copy = await reply.json();
  const today = new Intl.DateTimeFormat("en-CA", { timeZone: copy.time_zone, dateStyle: "short" }).format(new Date());
  const days = Math.floor((Date.now() - Date.parse(copy.published_at)) / 86_400_000);
  const told = [];
  if (answer && answer.dataset.until < today) told.push(say("This answer held until {day} and does not stand any more as it is written here. Ask before you rely on it.", { day: answer.dataset.untilText }));
  if (days > MOST_DAYS) told.push(say("The copy was last brought up to date {days} days ago.", { days }));
  place.textContent = told.join(" ");
  place.hidden = !told.length;
}

startLookUp();
tellAge().catch(() => {});
