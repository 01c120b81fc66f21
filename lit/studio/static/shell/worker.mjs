// The service worker: while the studio cannot be reached, its page says so. It keeps that one page and nothing else,
// neither scripts nor pictures nor answers, so that nothing that is shown is ever of another time.

const VERSION = "VERSION_OF_AWAY"; // put in by lit/studio/shell/installing.py: another page is another worker
const OURS = `lit-studio ${self.registration.scope} `; // studios below paths of one site share its caches
const CACHE = OURS + VERSION;
const AWAY = "away.html";
const DOWN = [502, 503, 504]; // what a proxy says of a studio that is not there

self.addEventListener("install", (event) => {
  event.waitUntil(keep());
  self.skipWaiting();
});

self.addEventListener("activate", (event) => event.waitUntil(forget()));

self.addEventListener("fetch", (event) => {
  if (event.request.mode === "navigate") event.respondWith(shown(event.request));
});

async function keep() {
  const cache = await caches.open(CACHE);
  await cache.add(new Request(AWAY, { cache: "reload" }));
}

async function forget() {
  for (const name of await caches.keys()) if (name.startsWith(OURS) && name !== CACHE) await caches.delete(name);
  await self.clients.claim();
}

async function shown(request) {
  try {
    const answer = await fetch(request);
    if (!DOWN.includes(answer.status)) return answer;
    return (await kept()) ?? answer;
  } catch (error) {
    const page = await kept();
    if (page) return page;
    throw error;
  }
}

const kept = async () => (await caches.open(CACHE)).match(AWAY);
