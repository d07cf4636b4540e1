// What goes wrong on purpose. The switches show the simulator's fault plan and change it.
import {$, ask, make, order, write} from './control.js';

const reports = ['status', 'conference', 'recording', 'transcription'];
const webhooks = ['document', 'wait', ...reports];
const spoilt = ['empty-recording', 'long-recording', 'fail-transcript']; // what happens to a recording, not to a request
const rules = (kinds, rule) => kinds.map((kind) => ({match: {kind}, ...rule}));

const groups = [
  ['What the carrier tells the app', [
    ['Webhooks come 2 s late', rules(webhooks, {do: 'delay', delay: 2})],
    ['Webhooks come twice', rules(webhooks, {do: 'duplicate'})],
    ['Reports come in the wrong order', rules(reports, {do: 'reorder'})],
    ['Reports never come', rules(reports, {do: 'drop'})],
    ['Replies to webhooks get lost', rules(webhooks, {do: 'lose-reply'})],
  ]],
  ['What the app asks the carrier', [
    ['Requests wait 2 s', rules(['rest'], {do: 'delay', delay: 2})],
    ['Too many requests (429)', rules(['rest'], {do: 'status', status: 429})],
    ['The carrier is out of order (503)', rules(['rest'], {do: 'status', status: 503})],
    ['Requests get lost', rules(['rest'], {do: 'lose-request'})],
    ['Requests are done, replies get lost', rules(['rest'], {do: 'lose-reply'})],
    ['Requests are done, replies say 500', rules(['rest'], {do: 'status-after', status: 500})],
    ['Requests are done, replies are 2 s late', rules(['rest'], {do: 'slow-reply', delay: 2})],
  ]],
  ['What is left on a recording', [
    ['Recordings are empty', rules(['recording'], {do: 'empty-recording'})],
    ['Recordings claim to last two hours', rules(['recording'], {do: 'long-recording'})],
    ['Transcripts fail', rules(['transcription'], {do: 'fail-transcript'})],
  ]],
];
const callsPerSecond = 'One new call a second, others queue';

let plan = {}; // as the simulator has it
let changing = Promise.resolve();

const kind = (r) => r.match?.kind;
const rivals = (a, b) => kind(a) === kind(b) && spoilt.includes(a.do) === spoilt.includes(b.do);
const same = (a, b) => kind(a) === kind(b) && !a.match?.phone && !a.match?.path && !a.times
  && a.do === b.do && a.status === b.status && (a.delay ?? 0) === (b.delay ?? 0);
const isOn = ({rules}, wanted) => wanted.every((w) => (rules ?? []).some((r) => same(r, w)));

// fair lets each of several rules for one kind of request strike as often as the others.
function fair(all) {
  return all.map((r, i) => {
    const choices = all.slice(i).filter((other) => rivals(r, other)).length;
    return {...r, probability: choices > 1 ? 1 / choices : undefined};
  });
}

const switches = groups.flatMap(([, list]) => list);

// isOurs says whether a rule of a plan is part of a switch that is on.
const isOurs = (plan, rule) => switches.some(([, wanted]) => isOn(plan, wanted) && wanted.some((w) => same(rule, w)));

function toggle(plan, wanted, on) {
  const kept = (plan.rules ?? []).filter((r) => !wanted.some((w) => same(r, w)));
  const others = kept.filter((r) => !isOurs(plan, r));
  const mine = kept.filter((r) => isOurs(plan, r)).concat(on ? wanted : []);
  return {...plan, rules: [...others, ...fair(mine)]};
}

// change asks for a plan made from the present one, after the changes asked for before.
function change(make) {
  changing = changing.then(async () => {
    const present = await ask('GET', 'faults').catch(() => plan);
    drawFaults(await order('PUT', 'faults', make(present)) ?? present);
  });
}

function addSwitch(place, label, state, flip) {
  const node = make('fault'), box = node.querySelector('input');
  node.querySelector('span').textContent = label;
  box.onchange = () => flip(box.checked);
  node.draw = () => { box.checked = state(); };
  place.append(node);
}

for (const [title, list] of groups) {
  const set = document.createElement('fieldset');
  const legend = document.createElement('legend');
  legend.textContent = title;
  set.append(legend);
  for (const [label, wanted] of list) addSwitch(set, label, () => isOn(plan, wanted), (on) => change((plan) => toggle(plan, wanted, on)));
  $('fault-switches').append(set);
}
addSwitch($('fault-switches').children[1], callsPerSecond, () => plan.calls_per_second > 0,
  (on) => change((plan) => ({...plan, calls_per_second: on ? 1 : 0})));
$('clear').onclick = () => change(() => ({}));

export function drawFaults(faults) {
  plan = faults;
  for (const node of $('fault-switches').querySelectorAll('label')) node.draw();
  const others = (plan.rules ?? []).filter((r) => !isOurs(plan, r)).length;
  const on = switches.filter(([, wanted]) => isOn(plan, wanted)).length + (plan.calls_per_second > 0 ? 1 : 0) + others;
  write($('fault-count'), on ? `${on} on` : 'none');
  $('faults').classList.toggle('on', on > 0);
  $('fault-others').hidden = others === 0;
  write($('fault-others'), `Set elsewhere: ${others} more.`);
}
