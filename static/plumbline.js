/* Plumbline in a web page (docs/browser.md): no cookie, no dependency, and nothing here throws into the page. */
// Whole lines of comment and indentation are left out of what is served, so say here what needs to be said.
(() => {
  const script = document.currentScript || document.querySelector("script[data-key^=plw_]");
  const options = script.dataset;
  const early = window.plumbline || [];
  // Loaded twice: the first one works on.
  if (early.track) return;

  const endpoint = new URL("api/v1/events/", options.host || script.src);
  const ID = "plumbline_id", IGNORE = "plumbline_ignore", QUEUE = "plumbline_queue";
  const BATCH = 10, MOST = 500, SECOND = 1000;
  // What may be under way after the page is gone is 64 KB in all, and a character has up to three bytes.
  const SMALL = 2e4;

  const safely = (act) => (...given) => {
    try {
      return act(...given);
    } catch {}
  };
  // crypto.randomUUID is only there on https.
  const random = () =>
    [...crypto.getRandomValues(new Uint8Array(16))].map((byte) => (byte + 256).toString(16).slice(1)).join("");
  // Reads a name; with a value writes it, with an empty one removes it. Where storage is forbidden: nothing.
  const stored = safely((name, value) =>
    value == null ? localStorage[name] : value ? (localStorage[name] = value) : localStorage.removeItem(name));

  const isLocal = () =>
    location.protocol == "file:" || /^(localhost|.+\.localhost|127\..+|0\.0\.0\.0|\[::1\])$/.test(location.hostname);
  const isRefused = () =>
    options.respectDnt != "false" && (navigator.globalPrivacyControl || navigator.doNotTrack == 1);
  const ignored = () => stored(IGNORE) || isRefused() || (options.local == null && isLocal());

  // ---- The queue. It is written down once a send has failed, and gone once all is sent. Every event has a message
  // id, so that sending one again, from this tab or another, is harmless.
  let queue = [], sending = [], keepalive = true, failures = 0, timer = 0;

  const saved = () => [].concat(safely(JSON.parse)(stored(QUEUE)) || []).filter((event) => event?.message_id);
  const without = (events, gone) => events.filter((event) => !gone.some((one) => one.message_id == event.message_id));
  const write = (events) => stored(QUEUE, events[0] ? JSON.stringify(events.slice(-MOST)) : "");
  const save = () => write([...without(saved(), queue), ...queue]);
  const settle = (batch) => {
    queue = without(queue, batch);
    if (stored(QUEUE)) write(without(saved(), batch));
  };
  // With the time of sending beside that of happening, the server corrects a clock that is wrong.
  const body = (batch) => {
    const sent_at = new Date();
    return JSON.stringify({write_key: options.key, events: batch.map((event) => ({...event, sent_at}))});
  };

  const soon = (wait) => {
    timer ||= setTimeout(send, wait);
  };
  const send = async () => {
    timer = 0;
    const batch = (sending = queue.slice(0, BATCH));
    if (!batch[0]) return;
    let wait = 0;
    try {
      const text = body(batch);
      keepalive = text.length < SMALL;
      // Text, as which a string is sent, spares the browser's question whether this origin may.
      const answer = await fetch(endpoint, {method: "POST", body: text, keepalive, credentials: "omit"});
      if (answer.status == 429 || answer.status > 499) {
        wait = answer.headers.get("Retry-After") * SECOND;
        throw 0;
      }
      // What is refused would be refused again.
      if (!answer.ok) console.warn("plumbline: " + answer.status);
      failures = 0;
      settle(batch);
    } catch {
      wait ||= Math.min(2 ** failures, 60) * SECOND * (1 + Math.random());
      failures++;
      save();
    }
    sending = [];
    if (queue[0]) soon(wait);
  };

  // A beacon does not tell whether it arrived. It is believed, unless a send has failed before.
  const leave = safely(() => {
    moved();
    const failing = stored(QUEUE);
    if (failing) save();
    for (let rest = keepalive ? without(queue, sending) : queue; rest[0]; rest = rest.slice(BATCH)) {
      const batch = rest.slice(0, BATCH);
      if (!navigator.sendBeacon(endpoint, body(batch))) save();
      else if (!failing) settle(batch);
    }
  });

  // ---- Who. Nothing that tells people apart is stored unless the page asks for it.
  let persist = options.persist == "localStorage" || stored(ID), user_id, group_id;

  // ---- Where. A part of the address after # belongs to it with data-hash only.
  const hash = () => (options.hash == null ? "" : location.hash);
  const place = () => location.pathname + hash().slice(1);
  let viewed, address, referrer = document.referrer;

  const add = (type, more) => {
    if (ignored()) return;
    const event = {
      type,
      user_id,
      group_id,
      anonymous_id: persist ? stored(ID) || stored(ID, random()) : null,
      message_id: random(),
      original_timestamp: new Date(),
      url: location.origin + location.pathname + location.search + hash(),
      path: place().replace("//", "/"),
      referrer,
      title: document.title,
      locale: navigator.language,
      time_zone: Intl.DateTimeFormat().resolvedOptions().timeZone,
      context: {
        library: {name: "plumbline.js", version: "1.0.0"},
        screen: {width: screen.width, height: screen.height},
      },
      ...more,
    };
    // Through JSON at once: what cannot be written fails here, and what the page changes later is not sent.
    queue = [...queue, JSON.parse(JSON.stringify(event))].slice(-MOST);
    if (!failures && !sending[0]) soon(99);
    return event.url;
  };
  const page = (name, properties) => {
    referrer = address || referrer;
    viewed = place();
    address = add("page", {name, properties});
  };
  const start = () => {
    if (options.manual == null) plumbline.page();
  };
  const moved = safely(() => {
    if (viewed && viewed != place()) start();
  });
  // By then the page has its new title, and an address that only led on to another is gone.
  const later = () => setTimeout(moved, 50);

  // ---- What a page may call, none of which throws.
  const api = {
    page,
    track: (event, properties) => add("track", {event, properties}),
    identify: (id, traits) => {
      user_id = id;
      add("identify", {traits});
    },
    group: (id, traits) => {
      group_id = id;
      add("group", {traits});
    },
    reset: () => {
      user_id = group_id = null;
      stored(ID, persist ? random() : "");
    },
    consent: (given) => {
      persist = given;
      if (!given) stored(ID, "");
    },
    optOut: (out = true) => {
      stored(IGNORE, out ? "true" : "");
      if (out) {
        persist = false;
        queue = [];
        stored(QUEUE, "");
        api.reset();
      }
    },
    push: ([name, ...given]) => plumbline[name](...given),
  };
  window.plumbline = {};
  for (const name in api) plumbline[name] = safely(api[name]);

  // ---- Clicks and forms: data-plumbline-event="Name", properties in data-plumbline-*; files and other sites.
  const acted = safely(({type, target, button}) => {
    const marked = target.closest("[data-plumbline-event]");
    if (marked && type != "auxclick" && (marked.tagName == "FORM") == (type == "submit")) {
      const properties = {};
      for (const name in marked.dataset) {
        if (/^plumbline(?!Event$)./.test(name)) {
          properties[name[9].toLowerCase() + name.slice(10)] = marked.dataset[name];
        }
      }
      plumbline.track(marked.dataset.plumblineEvent, properties);
    }
    const link = options.links != "false" && button < 2 && target.closest("a[href]");
    if (!link) return;
    const files = /\.(pdf|csv|xlsx?|docx?|pptx?|zip|gz|rar|7z|dmg|pkg|exe|msi|apk|iso|mp[34]|mov|epub)$/i;
    if (link.hasAttribute("download") || files.test(link.pathname)) {
      plumbline.track("File downloaded", {url: link.href});
    } else if (/^http/.test(link.protocol) && link.host != location.host) {
      plumbline.track("Outbound link clicked", {url: link.href});
    }
  });

  const begin = safely(() => {
    if (!ignored()) queue = saved();
    [].concat(early).forEach(plumbline.push);
    start();
    if (queue[0]) soon(0);
    for (const name of ["click", "auxclick", "submit"]) addEventListener(name, acted, true);
    for (const name of ["pushState", "replaceState"]) {
      const original = history[name];
      history[name] = function (...given) {
        original.apply(this, given);
        later();
      };
    }
    addEventListener("popstate", later);
    addEventListener("hashchange", later);
    addEventListener("pageshow", (event) => event.persisted && start());
    addEventListener("pagehide", leave);
    addEventListener("visibilitychange", () => document.hidden && leave());
  });
  // A page that the browser only prepares has not been seen yet.
  if (document.prerendering) document.addEventListener("prerenderingchange", begin, {once: true});
  else begin();
})();
