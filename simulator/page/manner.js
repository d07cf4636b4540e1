// How a phone behaves by itself when it is rung.
import {order} from './control.js';

const manners = [
  ['manual', 'I decide'], ['press', 'Answers, presses a key'], ['answer', 'Answers, presses nothing'],
  ['no-answer', 'Does not answer'], ['busy', 'Is busy'], ['decline', 'Declines'], ['mailbox', 'A mailbox answers'],
  ['fail', 'Is unreachable'], ['refused', 'Is refused by the carrier'],
];
const refusal = 21211; // the carrier's error for a number that is none

export function fitManner(card, number) {
  const select = card.querySelector('.manner select'), key = card.querySelector('.manner input');
  select.append(...manners.map(([value, label]) => new Option(label, value)));
  const change = () => {
    if (key.reportValidity()) order('PUT', `phones/${encodeURIComponent(number)}`, script(select.value, key.value));
  };
  key.pattern = '[0-9*#]+';
  key.required = true;
  key.onchange = change;
  select.onchange = () => {
    key.parentElement.hidden = select.value !== 'press';
    key.value ||= '1';
    change();
  };
}

function script(manner, key) {
  switch (manner) {
    case 'press': return {answer: 'answer', keys: [{digits: key}]};
    case 'refused': return {answer: 'fail', refuse: refusal};
  }
  return {answer: manner};
}

// drawManner shows a script, except where the person is choosing another at this moment.
export function drawManner(card, script, owner) {
  const select = card.querySelector('.manner select'), key = card.querySelector('.manner input');
  select.setAttribute('aria-label', `When rung, ${owner}`);
  key.setAttribute('aria-label', `Key that ${owner} presses`);
  const digits = (script.keys ?? []).map((k) => k.digits).join('');
  let manner = script.answer || 'answer';
  if (manner === 'answer' && digits) manner = 'press';
  if (script.refuse) manner = 'refused';
  if (document.activeElement !== key) key.value = digits || '1';
  select.value = manner;
  key.parentElement.hidden = manner !== 'press';
}
