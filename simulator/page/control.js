// The control API of the simulator, and where its refusals are shown.
const base = '/sim/';

export const $ = (id) => document.getElementById(id);

let pending = 0, settled = 0; // changes asked for

// moment names the present state of changes. A picture is only true when it was asked for and came in the same moment,
// and the moment of a change under way is none.
export const moment = () => pending > 0 ? NaN : settled;

export async function ask(method, path, body) {
  const reply = await fetch(base + path, {
    method, headers: {'Content-Type': 'application/json'}, body: body === undefined ? undefined : JSON.stringify(body),
  }).catch(() => { throw new Error('The simulator does not answer'); });
  const answer = await reply.json();
  if (!reply.ok) throw new Error(answer.error);
  return answer;
}

// order asks for a change and tells when it is refused. It answers nothing then.
export async function order(...request) {
  pending++;
  try {
    return await ask(...request);
  } catch (refusal) {
    tell(refusal.message);
    return undefined;
  } finally {
    pending--;
    settled++;
  }
}

let news = [], soon;

// tell shows the newest sentence and lets a screen reader say all of those that come together.
export function tell(sentence) {
  news.push(sentence);
  soon ??= setTimeout(() => {
    $('news').replaceChildren(...news.slice(-4).map((text) => Object.assign(document.createElement('span'), {textContent: `${text}. `})));
    news = [];
    soon = undefined;
  }, 150);
}

// write changes a text only when it is another, so that nothing is announced or drawn twice.
export const write = (node, text) => { if (node.textContent !== text) node.textContent = text; };

export const make = (template) => $(template).content.cloneNode(true).firstElementChild;

export const fetchPicture = () => ask('GET', 'picture');
export const fetchPage = () => ask('GET', 'page');
