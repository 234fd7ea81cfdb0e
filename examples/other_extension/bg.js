const API = 'http://localhost:8000';

let starting = null; // two windows that open at once wait for the same start

async function browserId() {
  const { install } = await chrome.storage.local.get('install');
  if (install) return install;
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  const made = 'pa-' + [...bytes].map((byte) => byte.toString(16).padStart(2, '0')).join('');
  await chrome.storage.local.set({ install: made });
  return made;
}

async function http(path, options = {}) {
  let res;
  try {
    res = await fetch(API + path, options);
  } catch {
    return { problem: 'Pocket Agent is offline.' };
  }
  if (res.status === 404) return { over: true };
  if (!res.ok) return { problem: `Pocket Agent has a problem (${res.status}).` };
  return { data: await res.json() };
}

const json = (value) => ({ headers: { 'Content-Type': 'application/json' }, body: JSON.stringify(value) });

async function begin() {
  const { talk } = await chrome.storage.local.get('talk');
  if (talk) return { id: talk };
  const { data, problem } = await http('/sessions', { method: 'POST', ...json({ client_id: await browserId() }) });
  if (!data) return { problem };
  await chrome.storage.local.set({ talk: data.session_id });
  return { id: data.session_id };
}

function talk() {
  starting ??= begin().finally(() => (starting = null));
  return starting;
}

// Calls `use` with the id of a talk that is going on; a talk that is over is left, and another one begun, once.
async function during(use) {
  const first = await talk();
  if (first.problem) return first;
  const result = await use(first.id);
  if (!result.over) return { ...result, id: first.id };
  const now = (await chrome.storage.local.get('talk')).talk;
  if (now === first.id) await chrome.storage.local.remove('talk');
  const second = await talk();
  if (second.problem) return second;
  const again = await use(second.id);
  return again.over ? { problem: 'Pocket Agent ended the talk at once.' } : { ...again, id: second.id, renewed: true };
}

function say(words) {
  return during((id) => {
    const { headers, body } = json({ message: words });
    return http('/chat', { method: 'POST', headers: { ...headers, 'X-Session-ID': id }, body });
  });
}

const handlers = {
  whoami: async () => {
    const { id, problem } = await talk();
    return id ? { session: { id } } : { problem };
  },
  past: () => during((id) => http('/sessions/' + id)),
  say: ({ words }) => say(words),
};

chrome.runtime.onMessage.addListener((message, sender, reply) => {
  const handler = handlers[message.type];
  if (handler) handler(message).then(reply);
  return Boolean(handler);
});
