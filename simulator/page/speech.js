// The browser's voices say what the phones hear. What is over on a phone before its turn comes is never said.
import {$} from './control.js';

const voices = window.speechSynthesis;
let waiting = []; // events, oldest first
let current; // the event that is being said

export function speak(event) {
  switch (event.kind) {
    case 'said':
      hush(event.call);
      if ($('speak').checked) waiting.push(event);
      next();
      break;
    case 'played': case 'pressed': case 'talking': case 'ended':
      hush(event.call);
  }
}

// hush ends what is said to a call.
function hush(call) {
  waiting = waiting.filter((e) => e.call !== call);
  if (current?.call !== call) return;
  current = undefined;
  voices?.cancel();
  next();
}

function next() {
  if (current || waiting.length === 0 || !voices) return;
  const event = waiting.shift();
  current = event;
  const words = new SpeechSynthesisUtterance(event.text);
  if (event.language) words.lang = event.language;
  const voice = voiceFor(event.language);
  if (voice) words.voice = voice;
  words.onend = words.onerror = () => {
    if (current !== event) return;
    current = undefined;
    next();
  };
  voices.speak(words);
}

// voiceFor is a voice of that language and country, else of that language, else none: the browser then chooses.
function voiceFor(language = '') {
  const tags = voices.getVoices().map((voice) => [voice, voice.lang.replace('_', '-').toLowerCase()]);
  const wanted = language.toLowerCase();
  const [root] = wanted.split('-');
  const fitting = tags.filter(([, tag]) => tag === wanted).concat(tags.filter(([, tag]) => tag.split('-')[0] === root));
  return fitting[0]?.[0];
}

$('speak').addEventListener('change', () => {
  waiting = [];
  if (current) hush(current.call);
});
voices?.getVoices(); // some browsers load them only when they are asked for
