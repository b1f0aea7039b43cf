// The look-up of a published copy: the same certain matches as the server's, out of small files beside the pages.
// The rules are those of services/answers/asking.py and scrapers/links.py; tests/browser/test_published_lookup.py holds
// the two together. Where this script is less sure than the server it says so and never guesses.

const root = new URL(document.documentElement.dataset.root || ".", document.baseURI);
const read = new Map();
const fetched = (name) => {
  if (!read.has(name)) {
    const kept = fetch(new URL(`index/${name}.json`, root), { cache: "no-cache" }).then((reply) => {
      if (!reply.ok) throw new Error(`${name}: ${reply.status}`);
      return reply.json();
    });
    kept.catch(() => read.delete(name));
    read.set(name, kept);
  }
  return read.get(name);
};
const uncaught = (text) => { try { return decodeURIComponent(text); } catch { return text; } };
const chars = (text) => Array.from(text);
const isAscii = (text) => /^[\x00-\x7f]*$/.test(text);

// How names fold: domain/identity.py.
function accent(rules, char) {
  const code = char.codePointAt(0);
  for (let at = 0; at < rules.accents.length; at += 2) {
    if (code <= rules.accents[at + 1]) return code >= rules.accents[at];
  }
  return false;
}

export function nameKey(rules, text) {
  if (isAscii(text)) {
    const low = text.toLowerCase();
    return low.replace(/[^a-z0-9+#]+/g, "") || low.replace(/[\x00-\x20\x7f]+/g, "");
  }
  const folded = chars(text.normalize("NFKD")).map((char) => rules.folds[char] ?? char.toLowerCase()).join("");
  const plain = chars(folded.normalize("NFKD")).filter((char) => !accent(rules, char));
  const kept = plain.filter((char) => /[\p{L}\p{N}\p{M}+#]/u.test(char)).join("");
  return (kept || plain.filter((char) => !/[\p{Z}\p{C}]/u.test(char)).join("")).normalize("NFC");
}

// What does not show what it holds: domain/disguise.py.
const JOINING = /[\p{sc=Arab}\p{sc=Syrc}\p{sc=Deva}\p{sc=Beng}\p{sc=Guru}\p{sc=Gujr}\p{sc=Orya}\p{sc=Taml}\p{sc=Telu}\p{sc=Knda}\p{sc=Mlym}\p{sc=Sinh}\p{sc=Mong}]/u;
function isDisguised(text) {
  if (isAscii(text)) return false;
  const all = chars(text);
  return all.some((char, at) => {
    if (isAscii(char)) return false;
    const joins = (char === "\u200c" || char === "\u200d") && at > 0 && JOINING.test(all[at - 1]);
    if (/[\p{Cf}\p{Cc}\p{Co}\p{Cn}]/u.test(char) && !joins) return true;
    const made = char.normalize("NFKC");
    return made !== char && made.length === 1 && /[A-Za-z0-9./:@-]/.test(made);
  });
}

// One spelling of an address: scrapers/links.py.
const SAFE = "/%:@!$&'()*+,;=~-._?[]|^`{}\"\\";
function plainPercents(text) {
  if (/^[A-Za-z0-9_/:@!$&'()*+,;=~.?-]*$/.test(text)) return text;
  return chars(text).map((char) => (/[A-Za-z0-9]/.test(char) || SAFE.includes(char) ? char : encodeURIComponent(char)))
    .join("").replace(/%(?![0-9A-Fa-f]{2})/g, "%25")
    .replace(/%(2[dDeE]|3\d|4[1-9a-fA-F]|5[0-9aAfF]|6[1-9a-fA-F]|7[0-9aAeE])/g, (_, hex) => String.fromCharCode(parseInt(hex, 16)))
    .replace(/%[0-9a-f]{2}/gi, (found) => found.toUpperCase());
}

function plainHost(text) {
  let host = uncaught(text.trim()).replace(/\.+$/, "").toLowerCase().replace(/^\[/, "").replace(/\]$/, "");
  if (host.includes(":")) return "";
  if (!isAscii(host)) {
    try { host = new URL(`https://${host}`).hostname; } catch { return ""; }
  }
  const label = "[a-z0-9_]([a-z0-9_-]*[a-z0-9_])?";
  return host.length <= 253 && new RegExp(`^${label}(\\.${label})*$`).test(host) ? host : "";
}

function plainPath(rules, path) {
  const kept = [];
  const text = plainPercents(path.replaceAll("\\", "/")).replace(/;(?:jsessionid|phpsessid|sid)=[^/?;]*/gi, "");
  for (const segment of text.split("/").slice(1)) {
    if (segment === "..") kept.pop();
    else if (segment !== ".") kept.push(segment);
  }
  const index = new RegExp(rules.index, "i");
  while (kept.length && (!kept.at(-1) || (index.test(kept.at(-1)) && kept.at(-1).search(index) === 0))) kept.pop();
  return `/${kept.join("/")}`;
}

function keptQuery(rules, query) {
  const [names, beginnings] = rules.tracking;
  return query.split("&").filter((pair) => {
    const name = uncaught(pair.split("=")[0]).toLowerCase();
    const tracks = names.includes(name) || beginnings.some((each) => name.startsWith(each)) || (name === "source" && pair.slice(pair.indexOf("=") + 1).startsWith("rss"));
    return pair && !tracks;
  }).map(plainPercents).join("&");
}

const NUMBERS = /^(?:0x[0-9a-f]+|\d+)(?:\.(?:0x[0-9a-f]+|\d+)){3}$|^0x[0-9a-f]+$/i;
const HIDDEN = /%(?:25)*(?:2e|2f|5c)/i;
const HOST = /^(?:[^\s/@:.\\?#]+\.)+[^\s/@:.\\?#]{2,}\.?(?::\d{1,5})?(?:[/?#]\S*)?$/;

/** The plain address that was typed, in parts, or null where it is none or not the one that it looks like. */
function addressOf(rules, text) {
  let url = text.includes("://") ? text : text.startsWith("//") ? `https:${text}` : "";
  if (!url && HOST.test(text)) url = `https://${text}`;
  if (!/^https?:\/\//i.test(url) || /\s/.test(url)) return null;
  const [, place, path, query] = /^[^:]+:\/\/([^/?#]*)([^?#]*)(?:\?([^#]*))?/.exec(url);
  if (/[@\\%[\]]/.test(place)) return null;
  const [, typed, port] = /^(.*?)(?::(\d*))?$/.exec(place);
  if (typed.includes(":") || Number(port || 0) > 65535) return null;
  const host = plainHost(typed);
  const [wanted, found] = [typed.toLowerCase().replace(/\.+$/, "").split("."), host.split(".")];
  if (!host || wanted.length !== found.length || NUMBERS.test(host) || /^\d+$/.test(found.at(-1))) return null;
  if (!wanted.every((said, at) => (isAscii(said) ? said === found[at] : found[at].startsWith("xn--")))) return null;
  const usual = { "http:": 80, "https:": 443 }[url.slice(0, url.indexOf(":") + 1).toLowerCase()];
  const shown = host + (port && Number(port) !== usual ? `:${Number(port)}` : "");
  return { host, shown, hidden: HIDDEN.test(path), path: plainPath(rules, path), query: keptQuery(rules, query || "") };
}

const chain = (host) => host.split(".").map((_, at, labels) => labels.slice(at).join("."));
const under = (host, domain) => host === domain || host.endsWith(`.${domain}`);

/** Strong keys of the product that an address stands for, the package first; the server's identity_key, but that it
    also tries each domain above the host: which of them somebody registered is told by the index. */
function products(rules, { host: full, shown: place, path: shown, query }) {
  const host = full.replace(/^www\./, "");
  const path = uncaught(shown).replace(/\/+$/, "");
  const segments = path.toLowerCase().split("/").filter(Boolean);
  if (!host.includes(".")) return [];
  const usual = place === full;
  if (rules.code.includes(host) || host === "raw.githubusercontent.com") return usual ? repository(rules, host, segments) : [];
  for (const [at, where, name] of rules.queries) {
    if (usual && host === at && path === where) {
      const values = Object.fromEntries(query.split("&").map((pair) => [pair.split("=")[0], pair.slice(pair.indexOf("=") + 1)]));
      return values[name] && query.includes(`${name}=`) ? [`${host}/${values[name].toLowerCase()}`] : [];
    }
  }
  for (const [at, pattern] of [...rules.stores, ...rules.launches]) {
    const found = usual && host === at && new RegExp(pattern).exec(path);
    if (found) return [`${rules.same[at] || at}/${found[1].toLowerCase()}`];
  }
  for (const [at, kind, pattern] of rules.packages) {
    const found = usual && host === at && new RegExp(pattern).exec(path);
    if (found) {
      const name = found[1].toLowerCase();
      return [`pkg:${kind}/${(kind === "pypi" ? name.replace(/[-_.]+/g, "-") : name).replaceAll("@", "%40")}`];
    }
  }
  if (isShared(rules, host) || isArticle(rules, host, path, segments)) return [];
  const many = rules.many.find((each) => under(host, each));
  if (many) return host !== many || segments.length ? [[host, ...segments.slice(0, 2)].join("/")].filter((each) => each.includes("/")) : [];
  const owned = rules.owned.find((each) => host.endsWith(each));
  if (owned) return segments.length ? [`${host.split(".").slice(-owned.split(".").length - 1).join(".")}/${segments[0]}`] : [];
  if (segments.length < 2 || !rules.products.includes(segments[0])) return [];
  return chain(host).filter((each) => each.includes(".")).map((each) => [each, ...segments.slice(0, 2)].join("/"));
}

function repository(rules, at, all) {
  const host = at === "raw.githubusercontent.com" ? "github.com" : at;
  const segments = host === "gitlab.com" && all.includes("-") ? all.slice(0, all.indexOf("-")) : all;
  if (host === "huggingface.co" && ["spaces", "datasets"].includes(segments[0])) {
    return segments.length >= 3 ? [[host, ...segments.slice(0, 3)].join("/")] : [];
  }
  if (segments.length < 2 || rules.owners.includes(segments[0])) return [];
  return [[host, ...segments.slice(0, host === "gitlab.com" ? segments.length : 2)].join("/").replace(/\.git$/, "")];
}

const isShared = (rules, host) => chain(host).some((each) => each.includes(".") && rules.shared.includes(each)) ||
  rules.packages.some(([at]) => under(host, at));

function isArticle(rules, host, path, segments) {
  const [labels, said, dated] = rules.articles;
  const last = segments.at(-1) || "";
  return host.split(".").slice(0, -2).some((each) => labels.includes(each)) || segments.some((each) => said.includes(each)) ||
    new RegExp(dated).test(path) || /\.(?:pdf|xml|rss|atom|json|txt|png|jpg|mp4)$/.test(last) ||
    last.split("-").length > 4 || last.split("_").length > 4;
}

/** `host/a/b` and each shorter one, the longest first, that one also less `.html`. */
function paths(full) {
  const parts = full.replace(/\/+$/, "").split("/").slice(0, 13);
  const found = parts.slice(1).map((_, at) => parts.slice(0, parts.length - at).join("/"));
  const plain = found.length ? found[0].replace(/\.(?:html?|php|aspx?|jsp)$/i, "") : "";
  return plain && plain !== found[0] ? [found[0], plain, ...found.slice(1)] : found;
}

function keysOf(rules, address) {
  if (address.hidden) return chain(address.host.replace(/^www\./, "")).map((each) => [`d:${each}`, address.host.replace(/^www\./, "")]);
  const identity = products(rules, address);
  if (identity[0]?.startsWith("pkg:")) return [[`u:${identity[0]}`]];
  const place = address.shown.replace(/^www\./, "") + address.path.replace(/\/$/, "");
  const host = address.host.replace(/^www\./, "");
  const known = identity.map((each) => [`p:${each}`, host]);
  const tried = [...paths(place), ...paths(place.toLowerCase())].map((each) => [`p:${each}`]);
  const domains = identity.length && isShared(rules, host) ? [] : chain(host).map((each) => [`d:${each}`, host]);
  return [...known, ...tried, ...domains];
}

const HARMLESS = ["arch", "checksum", "checksums", "classifier", "distro", "ext", "extra", "file_name", "os", "platform", "type"];
function purlKey(text) {
  const found = /^pkg:\/*([A-Za-z][A-Za-z0-9.+-]*)\/(.+)$/i.exec(text.trim());
  if (!found) return "";
  const kind = found[1].toLowerCase();
  const [place, qualifiers = ""] = found[2].split("#")[0].split("?");
  // The server knows tools by some of the others; here they are no certain match.
  const said = qualifiers.split("&").filter(Boolean).map((each) => each.split("=")[0].toLowerCase());
  if (/\s/.test(uncaught(place)) || !said.every((each, at) => HARMLESS.includes(each) && said.indexOf(each) === at)) return "";
  const rest = place.replace(/^\/+|\/+$/g, "");
  const at = rest.lastIndexOf("@");
  const parts = (at > 0 ? rest.slice(0, at) : rest).split("/").filter(Boolean).map((each) => uncaught(each).toLowerCase());
  if (!parts.length) return "";
  if (kind === "pypi") parts.push(parts.pop().replaceAll("_", "-"));
  return `pkg:${kind}/${parts.map((each) => encodeURIComponent(each).replaceAll("%3A", ":")).join("/").toLowerCase()}`;
}

// What a query may mean: services/answers/asking.py.
const FILE = /^[^\\/:]+\.exe$/i;
const PROGRAM = /(?:^|[\\/])([^\\/:*?"<>|]+\.exe)(?:$|[\s"])/i;
const PLACE = /^(?:[a-z]:\\|\\\\|file:\/\/\/|~?\/(?!\/))/i;
const WRAPPED = /^[ \t<>()[\]{}"'`,;“”‘’«»]+|[ \t<>()[\]{}"'`,;“”‘’«»]+$/g;

function nameKeys(rules, text) {
  const spellings = [text, text.replace(/[™℠®©]/g, ""), ...(text.includes("%") ? [uncaught(text)] : [])];
  return [...new Set(spellings.map((each) => nameKey(rules, each)))].filter(Boolean).map((key) => [`n:${key}`]);
}

function programKeys(rules, text) {
  const inFolder = PLACE.test(text);
  if (text.includes("://") && !inFolder) return [];
  const plain = /^file:/i.test(text) ? uncaught(text) : text;
  const found = PROGRAM.exec(plain) || (inFolder && /\/([^/]+\.app)(?:$|\/)/i.exec(plain));
  const file = found ? found[1] : inFolder ? plain.split(/[\\/]/).at(-1) : "";
  return file ? [[`e:${casefold(rules, file.trim())}`]] : [];
}

const casefold = (rules, text) => chars(text).map((char) => (rules.folds[char] && !/[æœøđðħıłŧþ♯]/iu.test(char) ? rules.folds[char] : char.toLowerCase())).join("");

/** Keys in the order in which they are believed, each with the host it was asked for where that matters, and what the
    query must be written like where it reads as a host. */
export function readQuery(rules, query) {
  if (isDisguised(query)) return { keys: [] };
  const text = query.trim().normalize("NFC");
  if (!text || chars(text).length > 2000) return { keys: [] };
  if (/^pkg:/i.test(text)) {
    const key = purlKey(text);
    return { keys: key ? [[`u:${key}`]] : [] };
  }
  const bare = text.replace(WRAPPED, "");
  if (FILE.test(bare)) return { keys: [...programKeys(rules, bare), ...nameKeys(rules, bare)] };
  const address = addressOf(rules, bare);
  const whole = bare.includes("://") || bare.startsWith("//");
  if (address) {
    return { keys: [...keysOf(rules, address), ...(whole ? [] : nameKeys(rules, bare))], host: address.host, written: bare };
  }
  if (whole || NUMBERS.test(bare)) return { keys: programKeys(rules, bare) };
  const mail = /\S@\S+\.\S/.test(bare);
  return { keys: [...programKeys(rules, bare), ...nameKeys(rules, text)], written: bare, mail };
}

/** What a list names for a key: the last part that begins at or before it. */
function partOf(list, key) {
  let [low, high] = [0, list.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (list[middle][0] <= key) low = middle + 1;
    else high = middle;
  }
  return low ? list[low - 1][1] : "";
}

async function blockOf(key) {
  const part = partOf(await fetched("list"), key);
  const block = part && partOf(await fetched(part), key);
  return block ? fetched(block) : [];
}

/** Whether a host belongs to the host of an entry: it is the same, or lies under it and under no public suffix between. */
function owns(entry, host) {
  const owner = entry[0].slice(2).split("/")[0];
  if (!host || host === owner) return true;
  return !(entry[2] || []).some((suffix) => {
    if (suffix === "*") return true;
    if (suffix.startsWith("!")) return false;
    if (!suffix.startsWith("*.")) return under(host, suffix);
    return under(host, suffix.slice(2)) && host !== suffix.slice(2);
  });
}

function isMeant(rules, entry, asked) {
  if (!entry[0].startsWith("n:")) return true;
  const label = (asked.host || "").split(".").at(-1);
  const strict = asked.mail || (asked.host && (!isAscii(asked.written) || (entry[4] || []).includes(label)));
  return !strict || casefold(rules, entry[2]) === casefold(rules, asked.written);
}

/** The slug of the one tool that is certainly meant, or "". */
export async function certain(query) {
  const rules = await fetched("rules");
  const asked = readQuery(rules, query);
  for (const [key, host] of asked.keys) {
    const entry = (await blockOf(key)).find((each) => each[0] === key);
    if (entry && owns(entry, host) && isMeant(rules, entry, asked)) return entry[1];
  }
  return "";
}

/** All that may be meant by a host alone, where several tools live on it: slug, name and answer, the strictest first. */
export async function atHost(query) {
  const [first] = readQuery(await fetched("rules"), query).keys;
  if (!first || !first[0].startsWith("d:")) return [];
  const key = `h:${first[0].slice(2)}`;
  const entry = (await blockOf(key)).find((each) => each[0] === key);
  return entry ? entry[2].map(([slug, text, code]) => ({ slug, text, code })) : [];
}

function edits(one, other) {
  const [a, b] = [chars(one), chars(other)];
  const rows = [Array.from({ length: b.length + 1 }, (_, at) => at)];
  for (let i = 1; i <= a.length; i += 1) {
    rows.push([i]);
    for (let j = 1; j <= b.length; j += 1) {
      const cost = a[i - 1] === b[j - 1] ? 0 : 1;
      rows[i][j] = Math.min(rows[i - 1][j] + 1, rows[i][j - 1] + 1, rows[i - 1][j - 1] + cost);
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]) rows[i][j] = Math.min(rows[i][j], rows[i - 2][j - 2] + 1);
    }
  }
  return rows[a.length][b.length];
}

/** Names that stand near what was typed: those that begin so, then those few letters away; of each tool one. */
export async function near(query) {
  const rules = await fetched("rules");
  const key = nameKey(rules, query.slice(0, 80));
  if (!key) return [];
  const words = query.trim().split(/\s+/).slice(0, 4).map((each) => nameKey(rules, each)).filter((each) => each.length > 2);
  const blocks = new Set();
  for (const each of new Set([key, ...words])) blocks.add(await blockOf(`n:${each}`));
  const reach = chars(key).length < 5 ? 1 : 2;
  const found = new Map();
  for (const entry of [...blocks].flat()) {
    const name = entry[0].startsWith("n:") ? entry[0].slice(2) : "";
    if (!name) continue;
    const away = name.startsWith(key) && key.length > 1 ? 0.5 : words.includes(name) ? 0.6 : edits(key, name);
    if (away <= reach && away < (found.get(entry[1])?.away ?? 9)) found.set(entry[1], { away, text: entry[2], code: entry[3] });
  }
  return [...found].map(([slug, each]) => ({ slug, ...each })).sort((a, b) => a.away - b.away).slice(0, 8);
}
