const list = document.querySelector('ul');
const box = document.querySelector('.box');
let id;
let busy = false;

function line(kind, text) {
  const item = document.createElement('li');
  item.className = kind;
  item.textContent = text;
  list.append(item);
}

function toast(text) {
  document.querySelectorAll('.toast').forEach((old) => old.remove());
  if (text) document.body.prepend(Object.assign(document.createElement('div'), { className: 'toast', textContent: text }));
}

async function tell(message) {
  const reply = await chrome.runtime.sendMessage(message).catch(() => undefined);
  return reply ?? { problem: 'Pocket Agent fell asleep. Say it again.' };
}

async function past() {
  const reply = await tell({ type: 'past' });
  if (reply.problem) return toast(reply.problem);
  id = reply.id;
  list.replaceChildren();
  for (const message of reply.data.messages) line(message.role === 'user' ? 'me' : 'bot', message.content);
  if (reply.renewed) toast('The last talk is over. This is a new one.');
}

async function say() {
  const words = box.innerText.trim();
  if (!words || busy) return;
  busy = true;
  const reply = await tell({ type: 'say', words });
  busy = false;
  if (reply.problem) return toast(reply.problem);
  box.textContent = '';
  if (reply.renewed) list.replaceChildren();
  const now = (await chrome.storage.local.get('talk')).talk;
  if (reply.id !== now) return past();
  line('me', words);
  line('bot', reply.data.response);
  id = reply.id;
  toast(reply.renewed ? 'The last talk is over. This is a new one.' : '');
}

document.querySelector('.go').addEventListener('click', say);
chrome.storage.onChanged.addListener(({ talk }) => {
  if (talk?.newValue && id && !busy && talk.newValue !== id) past();
});
past();
