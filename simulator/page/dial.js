// The caller's phone.
import {$, order, write} from './control.js';
import {drawCalls, fitCard} from './cards.js';
import {spaced} from './words.js';

let placing = false;

const drawChoice = () => write($('to-number'), spaced($('to').value));

fitCard($('caller'));
$('to').onchange = drawChoice;
$('withheld').onchange = () => { $('from').disabled = $('withheld').checked; };
$('dial').onsubmit = async (e) => {
  e.preventDefault();
  if (placing) return;
  placing = true;
  const from = $('withheld').checked ? 'anonymous' : $('from').value.replaceAll(/[\s().-]/g, '');
  const script = {manual: true, stir_verstat: $('vouched').value};
  await order('POST', 'calls', {from, to: $('to').value, script});
  placing = false;
};

export function drawCaller({numbers, callers}) {
  drawNumbers(numbers);
  const keepFocus = drawCalls($('caller'), callers, 'the caller’s phone');
  $('dial').hidden = callers.length > 0;
  keepFocus();
}

function drawNumbers(numbers) {
  const select = $('to'), chosen = select.value;
  const drawn = JSON.stringify(numbers.map((n) => [n.phone, n.friendly_name]));
  if (select.dataset.drawn === drawn) return;
  select.dataset.drawn = drawn;
  select.replaceChildren(...numbers.map((n) => new Option(n.friendly_name === n.phone ? spaced(n.phone) : n.friendly_name, n.phone)));
  if (numbers.some((n) => n.phone === chosen)) select.value = chosen;
  drawChoice();
}
